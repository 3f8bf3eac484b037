// Uses the generated client as a stranger would: main URL USERNAME PASSWORD.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"

	"latchkey"
)

func main() {
	address, username, password := os.Args[1], os.Args[2], os.Args[3]
	configuration := latchkey.NewConfiguration()
	configuration.Servers = latchkey.ServerConfigurations{{URL: address}}
	client := latchkey.NewAPIClient(configuration)
	api := client.EmployeesApi

	account, _, err := client.TokensApi.ObtainToken(context.Background()).
		Credentials(*latchkey.NewCredentials(username, password)).Execute()
	expect(err == nil && strings.HasPrefix(account.Token, "lk_"), err)
	done("get a token")
	signedIn := withToken(account.Token)

	created, response, err := api.CreateEmployee(signedIn).EmployeeInput(employee(101, "20000")).Execute()
	expect(err == nil && response.StatusCode == http.StatusCreated && created.Salary == "20000.00", err, created)
	done("create an employee")

	got, response, err := api.GetEmployee(signedIn, 101).Execute()
	etag := response.Header.Get("ETag")
	expect(err == nil && reflect.DeepEqual(got, created), err, got)
	done("get an employee")

	for empid := int32(102); empid <= 105; empid++ {
		_, _, err = api.CreateEmployee(signedIn).EmployeeInput(employee(empid, "1.00")).Execute()
		expect(err == nil, err)
	}
	seen := []int32{}
	request := api.ListEmployees(signedIn).Limit(2)
	for hasNext := true; hasNext; {
		rows, response, err := request.Execute()
		expect(err == nil, err)
		for _, row := range rows {
			seen = append(seen, row.Empid)
		}
		var cursor string
		cursor, hasNext = nextCursor(response)
		request = request.Cursor(cursor)
	}
	expect(reflect.DeepEqual(seen, []int32{101, 102, 103, 104, 105}), seen)
	done("list employees page by page")

	patch := latchkey.NewEmployeePatch()
	patch.SetSalary("2")
	updated, _, err := api.UpdateEmployee(signedIn, 101).EmployeePatch(*patch).IfMatch(etag).Execute()
	expect(err == nil && updated.Empname == "Srinu" && updated.Salary == "2.00", err, updated)
	done("update with If-Match")

	_, response, err = api.UpdateEmployee(signedIn, 101).EmployeePatch(*patch).IfMatch(etag).Execute()
	problem := problemOf(http.StatusPreconditionFailed, response, err)
	expect(problem.Status == http.StatusPreconditionFailed, problem)
	done("412 for a stale If-Match")

	_, response, err = api.CreateEmployee(signedIn).EmployeeInput(employee(101, "1")).Execute()
	problem = problemOf(http.StatusConflict, response, err)
	expect(problem.Status == http.StatusConflict && problem.Title == "Already there", problem)
	expect(problem.GetErrors()["empid"][0] == "emp with this empid already exists.", problem)
	done("409 for a taken id")

	_, response, err = api.ListEmployees(withToken("wrong")).Execute()
	problem = problemOf(http.StatusUnauthorized, response, err)
	expect(problem.Detail == "Invalid token.", problem)
	done("401 for a wrong token")

	_, response, err = api.GetEmployee(signedIn, 999).Execute()
	problem = problemOf(http.StatusNotFound, response, err)
	expect(problem.Detail == "Not found.", problem)
	done("404 for an unknown id")

	_, response, err = api.CreateEmployee(signedIn).EmployeeInput(employee(106, "lots")).Execute()
	problem = problemOf(http.StatusBadRequest, response, err)
	salary := problem.GetErrors()["salary"]
	expect(len(salary) > 0 && strings.HasPrefix(salary[0], "A valid number is required"), problem)
	done("400 for a bad field")

	creation := latchkey.NewUserCreation("ravi")
	creation.SetPassword("a long one, 42")
	user, _, err := client.UsersApi.CreateUser(signedIn).UserCreation(*creation).Execute()
	expect(err == nil && user.IsActive, err, user)
	disabled := latchkey.NewUserPatch()
	disabled.SetIsActive(false)
	_, _, err = client.UsersApi.UpdateUser(signedIn, user.Id).UserPatch(*disabled).Execute()
	expect(err == nil, err)
	user, _, err = client.UsersApi.GetUser(signedIn, user.Id).Execute()
	expect(err == nil && !user.IsActive && user.Username == "ravi", err, user)
	done("disable a user")

	metrics, _, err := client.MetricsApi.GetMetrics(signedIn).Execute()
	expect(err == nil && strings.Contains(metrics, "latchkey_requests_total{"), err, metrics)
	done("read the metrics")

	_, err = api.DeleteEmployee(signedIn, 101).Execute()
	expect(err == nil, err)
	_, response, err = api.GetEmployee(signedIn, 101).Execute()
	problemOf(http.StatusNotFound, response, err)
	done("delete an employee")
}

func employee(empid int32, salary string) latchkey.EmployeeInput {
	return *latchkey.NewEmployeeInput(empid, "Srinu", salary)
}

var next = regexp.MustCompile(`[?&]cursor=([^&>]+)[^>]*>; rel="next"`)

// Where the next page starts, if there is one.
func nextCursor(response *http.Response) (string, bool) {
	found := next.FindStringSubmatch(response.Header.Get("Link"))
	if found == nil {
		return "", false
	}
	cursor, err := url.QueryUnescape(found[1])
	expect(err == nil, err)
	return cursor, true
}

func withToken(token string) context.Context {
	keys := map[string]latchkey.APIKey{"Token": {Key: token, Prefix: "Token"}}
	return context.WithValue(context.Background(), latchkey.ContextAPIKeys, keys)
}

// The problem document of a call that has to fail.
func problemOf(status int, response *http.Response, err error) latchkey.Problem {
	var failure latchkey.GenericOpenAPIError
	expect(errors.As(err, &failure), "no problem document", err)
	expect(response.StatusCode == status, response.Status, "instead of", status)
	problem, isProblem := failure.Model().(latchkey.Problem)
	expect(isProblem, err, string(failure.Body()))
	return problem
}

func expect(holds bool, what ...interface{}) {
	if !holds {
		fmt.Fprintln(os.Stderr, append([]interface{}{"not as expected:"}, what...)...)
		os.Exit(1)
	}
}

func done(step string) {
	fmt.Println("done:", step)
}
