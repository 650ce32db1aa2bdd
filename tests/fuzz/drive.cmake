cairn_fuzz(records DEPS cairn_drive)
