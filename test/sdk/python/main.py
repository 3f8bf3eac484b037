"""Uses the generated client as a stranger would: main.py URL USERNAME PASSWORD."""

import re
import sys
from types import SimpleNamespace
from urllib.parse import unquote

from latchkey_client import (
    ApiClient,
    ApiException,
    Configuration,
    Credentials,
    EmployeeInput,
    EmployeePatch,
    EmployeesApi,
    MetricsApi,
    TokensApi,
    UserCreation,
    UserPatch,
    UsersApi,
)

url, username, password = sys.argv[1:]


def signed_in(token):
    return ApiClient(Configuration(host=url, api_key={"Token": token}, api_key_prefix={"Token": "Token"}))


def employee(empid, salary):
    return EmployeeInput(empid=empid, empname="Srinu", salary=salary)


def done(step):
    print("done:", step, flush=True)


def expect(holds, what):
    if not holds:
        sys.exit("not as expected: %s" % what)


def problem_of(status, call):
    """The problem document of a call that has to fail."""
    try:
        call()
    except ApiException as error:
        expect(error.status == status, "%s instead of %s: %s" % (error.status, status, error.body))
        return ApiClient().deserialize(SimpleNamespace(data=error.body), "Problem")
    sys.exit("not as expected: a success instead of %s" % status)


token = TokensApi(ApiClient(Configuration(host=url))).obtain_token(Credentials(username, password)).token
expect(token.startswith("lk_"), token)
done("get a token")

# A number comes back as text with two decimals, so this is also about how the client reads responses.
api = EmployeesApi(signed_in(token))
created, status, headers = api.create_employee_with_http_info(employee(101, "20000"))
expect(status == 201 and headers["Location"] == "/api/emp_viewset/101", headers)
expect(created.salary == "20000.00", created)
done("create an employee")

got, status, headers = api.get_employee_with_http_info(101)
etag = headers["ETag"]
expect(got == created, got)
done("get an employee")

for empid in range(102, 106):
    api.create_employee(employee(empid, "1.00"))
seen = []
page = {}
while page is not None:
    rows, status, headers = api.list_employees_with_http_info(limit=2, **page)
    seen += [row.empid for row in rows]
    found = re.search(r'[?&]cursor=([^&>]+)[^>]*>; rel="next"', headers.get("Link", ""))
    page = {"cursor": unquote(found[1])} if found else None
expect(seen == [101, 102, 103, 104, 105], seen)
done("list employees page by page")

updated = api.update_employee(101, EmployeePatch(salary="2"), if_match=etag)
expect((updated.empname, updated.salary) == ("Srinu", "2.00"), updated)
done("update with If-Match")

problem = problem_of(412, lambda: api.update_employee(101, EmployeePatch(salary="3"), if_match=etag))
expect(problem.status == 412, problem)
done("412 for a stale If-Match")

problem = problem_of(409, lambda: api.create_employee(employee(101, "1")))
expect((problem.status, problem.title) == (409, "Already there"), problem)
expect(problem.errors["empid"] == ["emp with this empid already exists."], problem)
done("409 for a taken id")

problem = problem_of(401, lambda: EmployeesApi(signed_in("wrong")).list_employees())
expect(problem.detail == "Invalid token.", problem)
done("401 for a wrong token")

problem = problem_of(404, lambda: api.get_employee(999))
expect(problem.detail == "Not found.", problem)
done("404 for an unknown id")

# The generated classes refuse a bad value themselves; the server's response is what counts here.
unchecked = Configuration()
unchecked.client_side_validation = False
bad = EmployeeInput(empid=106, empname="Srinu", salary="lots", local_vars_configuration=unchecked)
problem = problem_of(400, lambda: api.create_employee(bad))
expect(problem.errors["salary"][0].startswith("A valid number is required"), problem)
done("400 for a bad field")

users = UsersApi(signed_in(token))
user = users.create_user(UserCreation(username="ravi", password="a long one, 42"))
expect(user.is_active is True, user)
users.update_user(user.id, UserPatch(is_active=False))
user = users.get_user(user.id)
expect((user.is_active, user.username) == (False, "ravi"), user)
done("disable a user")

metrics = MetricsApi(signed_in(token)).get_metrics()
expect("latchkey_requests_total{" in metrics, metrics)
done("read the metrics")

api.delete_employee(101)
problem_of(404, lambda: api.get_employee(101))
done("delete an employee")
