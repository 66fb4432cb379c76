"""Messages that Outlook has saved as files (MS-OXMSG)."""
