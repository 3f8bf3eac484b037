# Uses the generated client as a stranger would: main.rb URL USERNAME PASSWORD.

require 'latchkey_client'
require 'uri'

URL, USERNAME, PASSWORD = ARGV
$stdout.sync = true

def client(token = nil)
  configuration = Latchkey::Configuration.new
  configuration.scheme = 'http'
  configuration.host = URL.delete_prefix('http://')
  configuration.api_key['Authorization'] = token
  configuration.api_key_prefix['Authorization'] = 'Token'
  # The server's own words are what counts here.
  configuration.client_side_validation = false
  Latchkey::ApiClient.new(configuration)
end

def employee(empid, salary)
  Latchkey::EmployeeInput.new(empid: empid, empname: 'Srinu', salary: salary)
end

# The problem document of a call that has to fail.
def problem_of(status)
  yield
rescue Latchkey::ApiError => error
  expect(error.code == status, "#{error.code} instead of #{status}: #{error.response_body}")
  Latchkey::Problem.build_from_hash(JSON.parse(error.response_body, symbolize_names: true))
else
  expect(false, "a success instead of #{status}")
end

def expect(holds, what)
  abort("not as expected: #{what.inspect}") unless holds
end

def done(step)
  puts "done: #{step}"
end

token = Latchkey::TokensApi.new(client).obtain_token(Latchkey::Credentials.new(username: USERNAME, password: PASSWORD)).token
expect(token.start_with?('lk_'), token)
done('get a token')

api = Latchkey::EmployeesApi.new(client(token))
created, status, headers = api.create_employee_with_http_info(employee(101, '20000'))
expect(status == 201 && headers['Location'] == '/api/emp_viewset/101', headers)
expect(created.salary == '20000.00', created)
done('create an employee')

got, _status, headers = api.get_employee_with_http_info(101)
etag = headers['ETag']
expect(got == created, got)
done('get an employee')

(102..105).each { |empid| api.create_employee(employee(empid, '1.00')) }
seen = []
cursor = nil
loop do
  rows, _status, headers = api.list_employees_with_http_info(limit: 2, cursor: cursor)
  seen.concat(rows.map(&:empid))
  cursor = headers['Link']&.[](/[?&]cursor=([^&>]+)[^>]*>; rel="next"/, 1)
  break unless cursor

  cursor = URI.decode_www_form_component(cursor)
end
expect(seen == [101, 102, 103, 104, 105], seen)
done('list employees page by page')

updated = api.update_employee(101, Latchkey::EmployeePatch.new(salary: '2'), if_match: etag)
expect([updated.empname, updated.salary] == ['Srinu', '2.00'], updated)
done('update with If-Match')

problem = problem_of(412) { api.update_employee(101, Latchkey::EmployeePatch.new(salary: '3'), if_match: etag) }
expect(problem.status == 412, problem)
done('412 for a stale If-Match')

problem = problem_of(409) { api.create_employee(employee(101, '1')) }
expect([problem.status, problem.title] == [409, 'Already there'], problem)
expect(problem.errors['empid'] == ['emp with this empid already exists.'], problem)
done('409 for a taken id')

problem = problem_of(401) { Latchkey::EmployeesApi.new(client('wrong')).list_employees }
expect(problem.detail == 'Invalid token.', problem)
done('401 for a wrong token')

problem = problem_of(404) { api.get_employee(999) }
expect(problem.detail == 'Not found.', problem)
done('404 for an unknown id')

problem = problem_of(400) { api.create_employee({ empid: 106, empname: 'Srinu', salary: 'lots' }) }
expect(problem.errors['salary'].first.start_with?('A valid number is required'), problem)
done('400 for a bad field')

users = Latchkey::UsersApi.new(client(token))
user = users.create_user(Latchkey::UserCreation.new(username: 'ravi', password: 'a long one, 42'))
expect(user.is_active == true, user)
users.update_user(user.id, Latchkey::UserPatch.new(is_active: false))
user = users.get_user(user.id)
expect([user.is_active, user.username] == [false, 'ravi'], user)
done('disable a user')

metrics = Latchkey::MetricsApi.new(client(token)).get_metrics
expect(metrics.include?('latchkey_requests_total{'), metrics)
done('read the metrics')

api.delete_employee(101)
problem_of(404) { api.get_employee(101) }
done('delete an employee')
