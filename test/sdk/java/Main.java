import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import latchkey.ApiClient;
import latchkey.ApiException;
import latchkey.ApiResponse;
import latchkey.api.EmployeesApi;
import latchkey.api.MetricsApi;
import latchkey.api.TokensApi;
import latchkey.api.UsersApi;
import latchkey.model.Credentials;
import latchkey.model.EmployeeInput;
import latchkey.model.EmployeePatch;
import latchkey.model.EmployeeView;
import latchkey.model.Problem;
import latchkey.model.UserCreation;
import latchkey.model.UserPatch;
import latchkey.model.UserView;

/** Uses the generated client as a stranger would: java Main URL USERNAME PASSWORD. */
public class Main {
  private static URI address;

  public static void main(String[] arguments) throws Exception {
    address = URI.create(arguments[0]);

    String token = new TokensApi(client(null))
        .obtainToken(new Credentials().username(arguments[1]).password(arguments[2]))
        .getToken();
    expect(token.startsWith("lk_"), token);
    done("get a token");

    EmployeesApi api = new EmployeesApi(client(token));
    ApiResponse<EmployeeView> created = api.createEmployeeWithHttpInfo(employee(101, "20000"), null);
    expect(created.getStatusCode() == 201, created.getStatusCode());
    expect(created.getData().getSalary().equals("20000.00"), created.getData());
    done("create an employee");

    ApiResponse<EmployeeView> got = api.getEmployeeWithHttpInfo(101);
    String etag = got.getHeaders().get("ETag").get(0);
    expect(got.getData().equals(created.getData()), got.getData());
    done("get an employee");

    for (int empid = 102; empid <= 105; empid++) api.createEmployee(employee(empid, "1.00"), null);
    List<Integer> seen = new ArrayList<>();
    String cursor = null;
    do {
      ApiResponse<List<EmployeeView>> page = api.listEmployeesWithHttpInfo(
          EmployeesApi.APIlistEmployeesRequest.newBuilder().limit(2).cursor(cursor).build());
      for (EmployeeView row : page.getData()) seen.add(row.getEmpid());
      cursor = nextCursor(page.getHeaders());
    } while (cursor != null);
    expect(seen.equals(List.of(101, 102, 103, 104, 105)), seen);
    done("list employees page by page");

    EmployeeView updated = api.updateEmployee(101, new EmployeePatch().salary("2"), etag);
    expect(updated.equals(new EmployeeView().empid(101).empname("Srinu").salary("2.00")), updated);
    done("update with If-Match");

    Problem problem = problemOf(412, () -> api.updateEmployee(101, new EmployeePatch().salary("3"), etag));
    expect(problem.getStatus() == 412, problem);
    done("412 for a stale If-Match");

    problem = problemOf(409, () -> api.createEmployee(employee(101, "1"), null));
    expect(problem.getStatus() == 409 && problem.getTitle().equals("Already there"), problem);
    expect(problem.getErrors().get("empid").equals(List.of("emp with this empid already exists.")), problem);
    done("409 for a taken id");

    problem = problemOf(401, () -> new EmployeesApi(client("wrong")).getEmployee(101));
    expect(problem.getDetail().equals("Invalid token."), problem);
    done("401 for a wrong token");

    problem = problemOf(404, () -> api.getEmployee(999));
    expect(problem.getDetail().equals("Not found."), problem);
    done("404 for an unknown id");

    problem = problemOf(400, () -> api.createEmployee(employee(106, "lots"), null));
    expect(problem.getErrors().get("salary").get(0).startsWith("A valid number is required"), problem);
    done("400 for a bad field");

    UsersApi users = new UsersApi(client(token));
    int id = users.createUser(new UserCreation().username("ravi").password("a long one, 42")).getId();
    expect(users.getUser(id).getIsActive(), id);
    users.updateUser(id, new UserPatch().isActive(false), null);
    UserView user = users.getUser(id);
    expect(!user.getIsActive() && user.getUsername().equals("ravi"), user);
    done("disable a user");

    String metrics = new MetricsApi(client(token)).getMetrics();
    expect(metrics.contains("latchkey_requests_total{"), metrics);
    done("read the metrics");

    api.deleteEmployee(101, null);
    problemOf(404, () -> api.getEmployee(101));
    done("delete an employee");
  }

  private static EmployeeInput employee(int empid, String salary) {
    return new EmployeeInput().empid(empid).empname("Srinu").salary(salary);
  }

  /** Where the next page starts, or null after the last one. */
  private static String nextCursor(Map<String, List<String>> headers) {
    Matcher found = Pattern.compile("[?&]cursor=([^&>]+)[^>]*>; rel=\"next\"")
        .matcher(String.join(", ", headers.getOrDefault("Link", List.of())));
    return found.find() ? URLDecoder.decode(found.group(1), StandardCharsets.UTF_8) : null;
  }

  private static ApiClient client(String token) {
    ApiClient client = new ApiClient().setHost(address.getHost()).setPort(address.getPort());
    if (token != null) client.setRequestInterceptor(request -> request.header("Authorization", "Token " + token));
    return client;
  }

  /** The problem document of a call that has to fail. */
  private static Problem problemOf(int status, Callable<?> call) throws Exception {
    try {
      call.call();
    } catch (ApiException error) {
      expect(error.getCode() == status, error.getCode() + " instead of " + status + ": " + error.getResponseBody());
      return new ApiClient().getObjectMapper().readValue(error.getResponseBody(), Problem.class);
    }
    throw new IllegalStateException("a success instead of " + status);
  }

  private static void expect(boolean holds, Object what) {
    if (!holds) throw new IllegalStateException("not as expected: " + what);
  }

  private static void done(String step) {
    System.out.println("done: " + step);
  }
}
