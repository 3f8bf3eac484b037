"""Uses the generated client as a stranger would: main.py URL USERNAME PASSWORD."""

import json
import sys

from latchkey_client import (
    ApiClient,
    ApiException,
    Configuration,
    Credentials,
    EmployeeInput,
    EmployeesApi,
    TokensApi,
)

url, username, password = sys.argv[1:]


def employees(token):
    return EmployeesApi(
        ApiClient(Configuration(host=url, api_key={"Token": token}, api_key_prefix={"Token": "Token"}))
    )


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
        return json.loads(error.body)
    sys.exit("not as expected: an answer instead of %s" % status)


token = TokensApi(ApiClient(Configuration(host=url))).obtain_token(Credentials(username, password)).token
expect(token.startswith("lk_"), token)
done("get a token")

api = employees(token)
rows, status, headers = api.list_employees_with_http_info(limit=10, ordering="-salary")
expect(status == 200 and rows == [], rows)
done("list employees")

# A number comes back as text with two decimals, so this is also about how the client reads answers.
created, status, headers = api.create_employee_with_http_info(EmployeeInput(empid=101, empname="Srinu", salary="20000"))
expect(status == 201 and headers["Location"] == "/api/emp_viewset/101", headers)
expect(created.salary == "20000.00", created)
done("create an employee")

got = api.get_employee(101)
expect((got.empid, got.empname, got.salary) == (101, "Srinu", "20000.00"), got)
expect(api.list_employees(empname="Srinu") == [got], "the list without the employee")
done("get an employee")

problem = problem_of(401, lambda: employees("wrong").list_employees())
expect(problem["detail"] == "Invalid token.", problem)
done("401 for a wrong token")

problem = problem_of(404, lambda: api.get_employee(999))
expect(problem["detail"] == "Not found.", problem)
done("404 for an unknown id")

# The generated classes refuse a bad value themselves; the server's answer is what counts here.
unchecked = Configuration()
unchecked.client_side_validation = False
bad = EmployeeInput(empid=102, empname="Srinu", salary="lots", local_vars_configuration=unchecked)
problem = problem_of(400, lambda: api.create_employee(bad))
expect(problem["errors"]["salary"][0].startswith("A valid number is required"), problem)
done("400 for a bad field")

api.delete_employee(101)
problem_of(404, lambda: api.get_employee(101))
done("delete an employee")
