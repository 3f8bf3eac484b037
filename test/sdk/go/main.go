// Uses the generated client as a stranger would: main URL USERNAME PASSWORD.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"

	"latchkey"
)

func main() {
	url, username, password := os.Args[1], os.Args[2], os.Args[3]
	configuration := latchkey.NewConfiguration()
	configuration.Servers = latchkey.ServerConfigurations{{URL: url}}
	client := latchkey.NewAPIClient(configuration)
	api := client.EmployeesApi

	account, _, err := client.TokensApi.ObtainToken(context.Background()).
		Credentials(*latchkey.NewCredentials(username, password)).Execute()
	expect(err == nil && strings.HasPrefix(account.Token, "lk_"), err)
	done("get a token")
	signedIn := withToken(account.Token)

	rows, response, err := api.ListEmployees(signedIn).Limit(10).Ordering("-salary").Execute()
	expect(err == nil && response.StatusCode == http.StatusOK && len(rows) == 0, err, rows)
	done("list employees")

	created, response, err := api.CreateEmployee(signedIn).
		EmployeeInput(*latchkey.NewEmployeeInput(101, "Srinu", "20000")).Execute()
	expect(err == nil && response.StatusCode == http.StatusCreated && created.Salary == "20000.00", err, created)
	done("create an employee")

	got, _, err := api.GetEmployee(signedIn, 101).Execute()
	expect(err == nil && reflect.DeepEqual(got, *latchkey.NewEmployeeView(101, "Srinu", "20000.00")), err, got)
	done("get an employee")

	_, response, err = api.ListEmployees(withToken("wrong")).Execute()
	problem := problemOf(http.StatusUnauthorized, response, err)
	expect(problem.Detail == "Invalid token.", problem)
	done("401 for a wrong token")

	_, response, err = api.GetEmployee(signedIn, 999).Execute()
	problem = problemOf(http.StatusNotFound, response, err)
	expect(problem.Detail == "Not found.", problem)
	done("404 for an unknown id")

	_, response, err = api.CreateEmployee(signedIn).
		EmployeeInput(*latchkey.NewEmployeeInput(102, "Srinu", "lots")).Execute()
	problem = problemOf(http.StatusBadRequest, response, err)
	salary := problem.GetErrors()["salary"]
	expect(len(salary) > 0 && strings.HasPrefix(salary[0], "A valid number is required"), problem)
	done("400 for a bad field")

	_, err = api.DeleteEmployee(signedIn, 101).Execute()
	expect(err == nil, err)
	_, response, err = api.GetEmployee(signedIn, 101).Execute()
	problemOf(http.StatusNotFound, response, err)
	done("delete an employee")
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
	var problem latchkey.Problem
	expect(json.Unmarshal(failure.Body(), &problem) == nil, string(failure.Body()))
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
