cairn_fuzz(http_head DEPS cairn_http)
