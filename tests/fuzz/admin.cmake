cairn_fuzz(admin_document DEPS cairn_admin)
