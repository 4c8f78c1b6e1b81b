package hub

import (
	"fmt"
	"time"
)

// TimeoutError is a server that did not answer in time.
type TimeoutError struct {
	Subject
	Waited time.Duration
	What   string // "no answer", "no data", "budget"
	Last   error  // what had gone wrong before the budget was used up; may be nil
}

// Unwrap returns what had gone wrong before.
func (e *TimeoutError) Unwrap() error { return e.Last }

func (e *TimeoutError) Error() string {
	if e.What == waitBudget {
		m := fmt.Sprintf("%s of %s could not be fetched within %s", e.Filename, e.id(), seconds(e.Waited))
		if e.Last != nil {
			m += ": " + e.Last.Error()
		}
		return m
	}
	return fmt.Sprintf("%s sent %s for %s", e.Host, e.What, seconds(e.Waited))
}

// The values of TimeoutError.What.
const (
	waitAnswer = "no answer"
	waitData   = "no data"
	waitBudget = "budget"
)

// Kind is "timeout".
func (e *TimeoutError) Kind() string { return "timeout" }

// Hint names the variables that allow more time.
func (e *TimeoutError) Hint() string {
	return "Check the network connection; HF_HUB_ETAG_TIMEOUT and HF_HUB_DOWNLOAD_TIMEOUT (seconds) allow more time."
}
func (e *TimeoutError) retry() (bool, time.Duration) { return e.What != waitBudget, 0 }

// DNSError is a host name without an address.
type DNSError struct {
	Subject
	Name      string
	Permanent bool // the name does not exist
}

func (e *DNSError) Error() string {
	if e.Permanent {
		return fmt.Sprintf("the host name %s does not exist", e.Name)
	}
	return fmt.Sprintf("the host name %s cannot be looked up", e.Name)
}

// Kind is "dns".
func (e *DNSError) Kind() string { return "dns" }

// Hint is to check the connection.
func (e *DNSError) Hint() string {
	return "Check the network connection and HF_ENDPOINT; behind a proxy set HTTPS_PROXY. Without a network, give the file with --config."
}
func (e *DNSError) retry() (bool, time.Duration) { return !e.Permanent, 0 }

// ConnectionError is a connection that could not be made or that broke.
type ConnectionError struct {
	Subject
	Reason string
	Dial   bool // it was never made
}

func (e *ConnectionError) Error() string {
	if e.Dial {
		return fmt.Sprintf("%s cannot be reached: %s", e.Host, e.Reason)
	}
	return fmt.Sprintf("the connection to %s broke: %s", e.Host, e.Reason)
}

// Kind is "connection".
func (e *ConnectionError) Kind() string { return "connection" }

// Hint is to check the connection.
func (e *ConnectionError) Hint() string {
	return "Check the network connection, a firewall, HF_ENDPOINT and the proxy variables. Without a network, give the file with --config."
}
func (e *ConnectionError) retry() (bool, time.Duration) { return true, 0 }

// TLSError is a certificate that is not trusted, or a server without TLS.
type TLSError struct {
	Subject
	Reason string
	CAFrom string // the variable that names the certificates in use
}

func (e *TLSError) Error() string {
	return fmt.Sprintf("no secure connection to %s: %s", e.Host, e.Reason)
}

// Kind is "tls".
func (e *TLSError) Kind() string { return "tls" }

// Hint is which variables name certificates.
func (e *TLSError) Hint() string {
	if e.CAFrom != "" {
		return "The certificates of " + e.CAFrom + " are used: check that they include the one that signs this server's."
	}
	return "If a company proxy signs the traffic anew, let SSL_CERT_FILE name its certificate bundle " +
		"(SSL_CERT_DIR, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE are read too)."
}

// ProxyError is a proxy that could not be used.
type ProxyError struct {
	Subject
	Proxy  string // without user and password
	Reason string
}

func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy %s failed: %s", e.Proxy, e.Reason)
}

// Kind is "proxy".
func (e *ProxyError) Kind() string { return "proxy" }

// Hint is which variables to check.
func (e *ProxyError) Hint() string {
	return "Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY (user and password too); hosts in NO_PROXY are reached directly."
}
