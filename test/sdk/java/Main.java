import java.net.URI;
import java.util.List;
import java.util.concurrent.Callable;
import latchkey.ApiClient;
import latchkey.ApiException;
import latchkey.ApiResponse;
import latchkey.api.EmployeesApi;
import latchkey.api.TokensApi;
import latchkey.model.Credentials;
import latchkey.model.EmployeeInput;
import latchkey.model.EmployeeView;
import latchkey.model.Problem;

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
    ApiResponse<List<EmployeeView>> rows = api.listEmployeesWithHttpInfo(
        10, null, null, null, null, "-salary", null, null, null, null, null, null);
    expect(rows.getStatusCode() == 200 && rows.getData().isEmpty(), rows.getData());
    done("list employees");

    ApiResponse<EmployeeView> created = api.createEmployeeWithHttpInfo(
        new EmployeeInput().empid(101).empname("Srinu").salary("20000"), null);
    expect(created.getStatusCode() == 201, created.getStatusCode());
    expect(created.getData().getSalary().equals("20000.00"), created.getData());
    done("create an employee");

    EmployeeView got = api.getEmployee(101);
    expect(got.equals(new EmployeeView().empid(101).empname("Srinu").salary("20000.00")), got);
    done("get an employee");

    Problem problem = problemOf(401, () -> new EmployeesApi(client("wrong")).getEmployee(101));
    expect(problem.getDetail().equals("Invalid token."), problem);
    done("401 for a wrong token");

    problem = problemOf(404, () -> api.getEmployee(999));
    expect(problem.getDetail().equals("Not found."), problem);
    done("404 for an unknown id");

    problem = problemOf(400, () -> api.createEmployee(
        new EmployeeInput().empid(102).empname("Srinu").salary("lots"), null));
    expect(problem.getErrors().get("salary").get(0).startsWith("A valid number is required"), problem);
    done("400 for a bad field");

    api.deleteEmployee(101, null);
    problemOf(404, () -> api.getEmployee(101));
    done("delete an employee");
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
    throw new IllegalStateException("an answer instead of " + status);
  }

  private static void expect(boolean holds, Object what) {
    if (!holds) throw new IllegalStateException("not as expected: " + what);
  }

  private static void done(String step) {
    System.out.println("done: " + step);
  }
}
