"""Personal folders (PST) and offline folders (OST) of Outlook, read as [MS-PST] lays them out, and as Outlook 2013 and
later lay out an OST: pages of 4096 octets and deflated blocks, of which that document does not speak.

From the bottom: octets of the file (`disk`), two B-trees (`tree`), blocks and what hangs together of them (`blocks`),
heaps (`heap`) with properties (`context`) and tables (`table`) on them, and above these the store, its folders and its
items. Nothing is mapped or loaded as a whole, and every number that is read may be a lie."""
