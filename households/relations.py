"""What members become when another of them is made the head: proposals, where they are certain."""

from households.models import Residence

R = Residence.Relation

# {what the new head was: {what a member was: what he is to the new head}}; of the others the
# officer is asked.
PROPOSED = {
    R.SPOUSE: {
        R.HEAD: R.SPOUSE,
        R.CHILD: R.CHILD,
        R.ADOPTED: R.ADOPTED,
        R.CHILD_IN_LAW: R.CHILD_IN_LAW,
        R.GRANDCHILD: R.GRANDCHILD,
        R.PARENT: R.PARENT_IN_LAW,
        R.PARENT_IN_LAW: R.PARENT,
        R.TENANT: R.TENANT,
    },
    R.CHILD: {
        R.HEAD: R.PARENT,
        R.SPOUSE: R.PARENT,
        R.CHILD: R.SIBLING,
        R.PARENT: R.GRANDPARENT,
        R.TENANT: R.TENANT,
    },
    R.PARENT: {
        R.HEAD: R.CHILD,
        R.SPOUSE: R.CHILD_IN_LAW,
        R.CHILD: R.GRANDCHILD,
        R.SIBLING: R.CHILD,
        R.PARENT: R.SPOUSE,
        R.TENANT: R.TENANT,
    },
    R.SIBLING: {
        R.HEAD: R.SIBLING,
        R.SIBLING: R.SIBLING,
        R.PARENT: R.PARENT,
        R.GRANDPARENT: R.GRANDPARENT,
        R.CHILD: R.NIECE_NEPHEW,
        R.TENANT: R.TENANT,
    },
    R.CHILD_IN_LAW: {
        R.HEAD: R.PARENT_IN_LAW,
        R.SPOUSE: R.PARENT_IN_LAW,
        R.TENANT: R.TENANT,
    },
}


def proposed_relation(head_was: str, member_was: str) -> str:
    """Return what a member is to the new head, or "" where it cannot be told."""
    return PROPOSED.get(head_was, {}).get(member_was, "")
