using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text.RegularExpressions;
using Latchkey.Api;
using Latchkey.Client;
using Latchkey.Model;
using Newtonsoft.Json;

/// <summary>Uses the generated client as a stranger would: Main.exe URL USERNAME PASSWORD.</summary>
public static class Program
{
    private static string address;

    public static void Main(string[] arguments)
    {
        address = arguments[0];

        var token = new TokensApi(address).ObtainToken(new Credentials(arguments[1], arguments[2])).Token;
        Expect(token.StartsWith("lk_"), token);
        Done("get a token");

        var api = new EmployeesApi(SignedIn(token));
        var created = api.CreateEmployeeWithHttpInfo(Employee(101, "20000"));
        Expect(created.StatusCode == HttpStatusCode.Created && created.Headers["Location"][0] == "/api/emp_viewset/101", created);
        Expect(created.Data.Salary == "20000.00", created.Data);
        Done("create an employee");

        var got = api.GetEmployeeWithHttpInfo(101);
        var etag = got.Headers["ETag"][0];
        Expect(got.Data.ToString() == created.Data.ToString(), got.Data);
        Done("get an employee");

        for (var empid = 102; empid <= 105; empid++) api.CreateEmployee(Employee(empid, "1.00"));
        var seen = new List<int>();
        string cursor = null;
        do
        {
            var page = api.ListEmployeesWithHttpInfo(limit: 2, cursor: cursor);
            seen.AddRange(page.Data.Select(row => row.Empid));
            cursor = NextCursor(page.Headers);
        } while (cursor != null);
        Expect(seen.SequenceEqual(new[] { 101, 102, 103, 104, 105 }), string.Join(" ", seen));
        Done("list employees page by page");

        var updated = api.UpdateEmployee(101, new EmployeePatch(salary: "2"), ifMatch: etag);
        Expect(updated.Empname == "Srinu" && updated.Salary == "2.00", updated);
        Done("update with If-Match");

        var problem = ProblemOf(412, () => api.UpdateEmployee(101, new EmployeePatch(salary: "3"), ifMatch: etag));
        Expect(problem.Status == 412, problem);
        Done("412 for a stale If-Match");

        problem = ProblemOf(409, () => api.CreateEmployee(Employee(101, "1")));
        Expect(problem.Status == 409 && problem.Title == "Already there", problem);
        Expect(problem.Errors["empid"].Single() == "emp with this empid already exists.", problem);
        Done("409 for a taken id");

        problem = ProblemOf(401, () => new EmployeesApi(SignedIn("wrong")).ListEmployees());
        Expect(problem.Detail == "Invalid token.", problem);
        Done("401 for a wrong token");

        problem = ProblemOf(404, () => api.GetEmployee(999));
        Expect(problem.Detail == "Not found.", problem);
        Done("404 for an unknown id");

        problem = ProblemOf(400, () => api.CreateEmployee(Employee(106, "lots")));
        Expect(problem.Errors["salary"][0].StartsWith("A valid number is required"), problem);
        Done("400 for a bad field");

        var users = new UsersApi(SignedIn(token));
        var user = users.CreateUser(new UserCreation(username: "ravi", password: "a long one, 42"));
        Expect(user.IsActive, user);
        users.UpdateUser(user.Id, new UserPatch(isActive: false));
        user = users.GetUser(user.Id);
        Expect(!user.IsActive && user.Username == "ravi", user);
        Done("disable a user");

        var metrics = new MetricsApi(SignedIn(token)).GetMetrics();
        Expect(metrics.Contains("latchkey_requests_total{"), metrics);
        Done("read the metrics");

        api.DeleteEmployee(101);
        ProblemOf(404, () => api.GetEmployee(101));
        Done("delete an employee");
    }

    private static Configuration SignedIn(string token)
    {
        return new Configuration
        {
            BasePath = address,
            ApiKey = new Dictionary<string, string> { ["Authorization"] = token },
            ApiKeyPrefix = new Dictionary<string, string> { ["Authorization"] = "Token" }
        };
    }

    private static EmployeeInput Employee(int empid, string salary)
    {
        return new EmployeeInput(empid, "Srinu", salary);
    }

    /// <summary>Where the next page starts, or null after the last one.</summary>
    private static string NextCursor(Multimap<string, string> headers)
    {
        if (!headers.ContainsKey("Link")) return null;
        var found = Regex.Match(headers["Link"][0], "[?&]cursor=([^&>]+)[^>]*>; rel=\"next\"");
        return found.Success ? Uri.UnescapeDataString(found.Groups[1].Value) : null;
    }

    /// <summary>The problem document of a call that has to fail.</summary>
    private static Problem ProblemOf(int status, Action call)
    {
        try
        {
            call();
        }
        catch (ApiException error)
        {
            Expect(error.ErrorCode == status, error.ErrorCode + " instead of " + status + ": " + error.ErrorContent);
            return JsonConvert.DeserializeObject<Problem>((string)error.ErrorContent);
        }
        throw new InvalidOperationException("not as expected: a success instead of " + status);
    }

    private static void Expect(bool holds, object what)
    {
        if (!holds) throw new InvalidOperationException("not as expected: " + what);
    }

    private static void Done(string step)
    {
        Console.WriteLine("done: " + step);
    }
}
