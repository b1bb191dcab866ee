"""German business correspondence as DIN 5008 and good manners have it: names, salutations, dates, particulars."""
