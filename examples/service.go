// Go, without a proxy: LATCHKEY_URL=http://127.0.0.1:8000 PORT=8100 go run service.go
package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

var known = map[int]bool{200: true, 401: true, 403: true, 429: true, 503: true}
var stay = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
var client = &http.Client{Timeout: 7 * time.Second, CheckRedirect: stay, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}

// It passes the client's Authorization on, and has no credential of its own.
func reports(w http.ResponseWriter, r *http.Request) {
	ask, _ := http.NewRequestWithContext(r.Context(), "GET", os.Getenv("LATCHKEY_URL")+"/api/checks/reports:read", nil)
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	ask.Header = http.Header{"Authorization": r.Header["Authorization"], "X-Forwarded-For": {address}}
	check, err := client.Do(ask)
	// An outage, or something else in Latchkey's place, is never 401 or 403.
	if err != nil || !known[check.StatusCode] || (check.StatusCode == 200 && check.Header.Get("X-Latchkey-User-Id") == "") {
		check = &http.Response{StatusCode: 503, Header: http.Header{"Retry-After": {"2"}}, Body: http.NoBody}
	}
	defer check.Body.Close()
	for _, name := range []string{"Www-Authenticate", "Retry-After", "Content-Type"} {
		w.Header()[name] = check.Header[name]
	}
	w.WriteHeader(check.StatusCode)
	io.Copy(w, check.Body)
	if name, err := url.PathUnescape(check.Header.Get("X-Latchkey-User")); check.StatusCode == 200 && err == nil {
		json.NewEncoder(w).Encode(map[string]string{"id": check.Header.Get("X-Latchkey-User-Id"), "name": name})
	}
}

func main() { http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(reports)) }
