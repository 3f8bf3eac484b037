<?php
// Uses the generated client as a stranger would: main.php URL USERNAME PASSWORD.

use Latchkey\Api\EmployeesApi;
use Latchkey\Api\MetricsApi;
use Latchkey\Api\TokensApi;
use Latchkey\Api\UsersApi;
use Latchkey\ApiException;
use Latchkey\Configuration;
use Latchkey\Model\Credentials;
use Latchkey\Model\EmployeeInput;
use Latchkey\Model\EmployeePatch;
use Latchkey\Model\Problem;
use Latchkey\Model\UserCreation;
use Latchkey\Model\UserPatch;

require __DIR__ . '/autoload.php';

[, $url, $username, $password] = $argv;

function signed_in(string $token): Configuration
{
    global $url;
    return (new Configuration())->setHost($url)->setApiKey('Authorization', $token)->setApiKeyPrefix('Authorization', 'Token');
}

function employee(int $empid, string $salary): EmployeeInput
{
    return new EmployeeInput(['empid' => $empid, 'empname' => 'Srinu', 'salary' => $salary]);
}

// The problem document of a call that has to fail.
function problem_of(int $status, callable $call): Problem
{
    try {
        $call();
    } catch (ApiException $error) {
        expect($error->getCode() === $status, "{$error->getCode()} instead of $status: {$error->getResponseBody()}");
        return $error->getResponseObject();
    }
    expect(false, "a success instead of $status");
}

function expect(bool $holds, mixed $what): void
{
    if ($holds) return;
    fwrite(STDERR, 'not as expected: ' . print_r($what, true) . "\n");
    exit(1);
}

function done(string $step): void
{
    echo "done: $step\n";
}

$tokens = new TokensApi(null, (new Configuration())->setHost($url));
$token = $tokens->obtainToken(new Credentials(['username' => $username, 'password' => $password]))->getToken();
expect(str_starts_with($token, 'lk_'), $token);
done('get a token');

$api = new EmployeesApi(null, signed_in($token));
[$created, $status, $headers] = $api->createEmployeeWithHttpInfo(employee(101, '20000'));
expect($status === 201 && $headers['Location'] === ['/api/emp_viewset/101'], $headers);
expect($created->getSalary() === '20000.00', $created);
done('create an employee');

[$got, , $headers] = $api->getEmployeeWithHttpInfo(101);
$etag = $headers['ETag'][0];
expect($got == $created, $got);
done('get an employee');

for ($empid = 102; $empid <= 105; $empid++) $api->createEmployee(employee($empid, '1.00'));
$seen = [];
$cursor = null;
do {
    [$rows, , $headers] = $api->listEmployeesWithHttpInfo(2, null, $cursor);
    foreach ($rows as $row) $seen[] = $row->getEmpid();
    preg_match('/[?&]cursor=([^&>]+)[^>]*>; rel="next"/', $headers['Link'][0] ?? '', $found);
    $cursor = isset($found[1]) ? urldecode($found[1]) : null;
} while ($cursor !== null);
expect($seen === [101, 102, 103, 104, 105], $seen);
done('list employees page by page');

$updated = $api->updateEmployee(101, new EmployeePatch(['salary' => '2']), $etag);
expect([$updated->getEmpname(), $updated->getSalary()] === ['Srinu', '2.00'], $updated);
done('update with If-Match');

$problem = problem_of(412, fn () => $api->updateEmployee(101, new EmployeePatch(['salary' => '3']), $etag));
expect($problem->getStatus() === 412, $problem);
done('412 for a stale If-Match');

$problem = problem_of(409, fn () => $api->createEmployee(employee(101, '1')));
expect([$problem->getStatus(), $problem->getTitle()] === [409, 'Already there'], $problem);
expect($problem->getErrors()['empid'] === ['emp with this empid already exists.'], $problem);
done('409 for a taken id');

$problem = problem_of(401, fn () => (new EmployeesApi(null, signed_in('wrong')))->listEmployees());
expect($problem->getDetail() === 'Invalid token.', $problem);
done('401 for a wrong token');

$problem = problem_of(404, fn () => $api->getEmployee(999));
expect($problem->getDetail() === 'Not found.', $problem);
done('404 for an unknown id');

$problem = problem_of(400, fn () => $api->createEmployee(employee(106, 'lots')));
expect(str_starts_with($problem->getErrors()['salary'][0], 'A valid number is required'), $problem);
done('400 for a bad field');

$users = new UsersApi(null, signed_in($token));
$user = $users->createUser(new UserCreation(['username' => 'ravi', 'password' => 'a long one, 42']));
expect($user->getIsActive() === true, $user);
$users->updateUser($user->getId(), new UserPatch(['is_active' => false]));
$user = $users->getUser($user->getId());
expect([$user->getIsActive(), $user->getUsername()] === [false, 'ravi'], $user);
done('disable a user');

$metrics = (new MetricsApi(null, signed_in($token)))->getMetrics();
expect(str_contains($metrics, 'latchkey_requests_total{'), $metrics);
done('read the metrics');

$api->deleteEmployee(101);
problem_of(404, fn () => $api->getEmployee(101));
done('delete an employee');
