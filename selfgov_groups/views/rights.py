"""The permissions that the groups' pages ask for by name."""

APP = "selfgov_groups"
ADD_MEMBERSHIP, CHANGE_MEMBERSHIP = f"{APP}.add_groupmembership", f"{APP}.change_groupmembership"
ADD_MEETING, CHANGE_MEETING = f"{APP}.add_groupmeeting", f"{APP}.change_groupmeeting"
ADD_OFFICER, CHANGE_OFFICER = f"{APP}.add_groupofficer", f"{APP}.change_groupofficer"
ADD_REQUEST, CHANGE_REQUEST = f"{APP}.add_grouprequest", f"{APP}.change_grouprequest"
ADD_CONTACT, CHANGE_CONTACT = f"{APP}.add_groupcontact", f"{APP}.change_groupcontact"
ADD_HELP, CHANGE_HELP = f"{APP}.add_mutualhelp", f"{APP}.change_mutualhelp"
ADD_DUTY, CHANGE_DUTY = f"{APP}.add_groupduty", f"{APP}.change_groupduty"
ADD_ROSTER, VIEW_ROSTER = f"{APP}.add_rostercheck", f"{APP}.view_rostercheck"
VIEW_HOUSEHOLD, VIEW_RESIDENCE = "households.view_household", "households.view_residence"

OF_GROUP = {  # what the group's page may offer, by the name its template asks for
    "join": ADD_MEMBERSHIP,
    "leave": CHANGE_MEMBERSHIP,
    "meet": ADD_MEETING,
    "edit_meeting": CHANGE_MEETING,
    "appoint": ADD_OFFICER,
    "edit_officer": CHANGE_OFFICER,
    "ask": ADD_REQUEST,
    "answer": CHANGE_REQUEST,
    "contact": ADD_CONTACT,
    "edit_contact": CHANGE_CONTACT,
    "help": ADD_HELP,
    "edit_help": CHANGE_HELP,
    "take_duty": ADD_DUTY,
    "edit_duty": CHANGE_DUTY,
    "check_roster": ADD_ROSTER,
    "see_households": VIEW_HOUSEHOLD,
}
NEEDS_LIFE = {"join", "meet", "appoint", "ask", "contact", "help", "take_duty", "check_roster"}


def rights_on(group, user):
    """Return what `user` may do on a group's page; a dissolved group takes nothing new."""
    return {
        name: user.has_perm(right) and not (group.dissolved_on and name in NEEDS_LIFE)
        for name, right in OF_GROUP.items()
    }
