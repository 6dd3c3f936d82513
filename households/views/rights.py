"""The verbs that pages about residence ask for."""

ADD_RESIDENCE = "households.add_residence"
CHANGE_RESIDENCE = "households.change_residence"
ENTER_PEOPLE = ("households.add_resident", ADD_RESIDENCE)  # a person and a stay, written together
