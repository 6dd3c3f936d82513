"""Pages of the app, by what they are about; each module ends with its addresses."""
