cairn_fuzz(policy DEPS cairn_iam)
