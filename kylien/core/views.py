from django.http import Http404


def no_redirect(request, rest):
    """Stand before the admin's redirect to a record's page: it would tell whether a key exists.

    The admin links straight to the record instead (`RecordAdmin.view_on_site`).
    """
    raise Http404
