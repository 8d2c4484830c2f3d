package deliver

// mailPage is an html report as the body of a mail.
func mailPage(page []byte) string { return string(page) }
