# Django REST framework, no proxy: LATCHKEY_URL=http://127.0.0.1:8000 gunicorn -b 127.0.0.1:8100 --threads 8 drf_service
import os
from urllib.parse import unquote
import django, requests
from django.conf import settings
settings.configure(SECRET_KEY="yours", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, REST_FRAMEWORK={"UNAUTHENTICATED_USER": None})
django.setup()
from django.core.handlers.wsgi import WSGIHandler
from django.urls import re_path
from rest_framework import authentication, exceptions, renderers, response, views
latchkey = requests.Session()
latchkey.trust_env = False  # Else a ~/.netrc stands in for a token that is missing.

class Unavailable(exceptions.APIException):
    status_code, wait = 503, 2

class User:
    is_authenticated = True
    def __init__(self, headers):
        self.id, self.name = int(headers["X-Latchkey-User-Id"]), unquote(headers["X-Latchkey-User"])

class Reader(authentication.BaseAuthentication):
    def authenticate(self, request):  # It passes the client's Authorization on, and has no credential of its own.
        headers = {"Authorization": request.headers.get("Authorization"), "X-Forwarded-For": request.META["REMOTE_ADDR"]}
        url = os.environ["LATCHKEY_URL"] + "/api/checks/reports:read"
        try:
            check = latchkey.get(url, headers=headers, timeout=7, allow_redirects=False)
            if check.status_code == 200: return User(check.headers), None
        except (requests.RequestException, KeyError, ValueError): raise Unavailable()
        if check.status_code == 401: raise exceptions.AuthenticationFailed()
        if check.status_code == 403: raise exceptions.PermissionDenied()
        if check.status_code == 429: raise exceptions.Throttled(int(check.headers.get("Retry-After", 1)))
        raise Unavailable()  # Never 401 or 403 for an outage, or for something else in Latchkey's place.
    def authenticate_header(self, request): return 'Token realm="latchkey"'

class Reports(views.APIView):
    authentication_classes, renderer_classes = [Reader], [renderers.JSONRenderer]
    def get(self, request, path): return response.Response({"id": request.user.id, "name": request.user.name})

urlpatterns, application = [re_path("^(?P<path>.*)$", Reports.as_view())], WSGIHandler()
