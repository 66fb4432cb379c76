"""Items as Outlook and Exchange keep them, in properties (MS-OXCDATA), and the mail that is made of them."""
