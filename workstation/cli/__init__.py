"""The command line face: `thoravue analyse | dataset | models | doctor | self-test`."""
