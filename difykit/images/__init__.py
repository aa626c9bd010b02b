"""The custom images: what each is made from, how it is made and proved, and how it is published."""
