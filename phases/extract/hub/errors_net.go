package hub

import (
	"fmt"
	"time"
)

// noNetworkHint ends the hints of what goes wrong without a network.
const noNetworkHint = " Without a network, give the file with --config."

// timedOut says that a server sent nothing ("no answer", "no data") for so long.
func timedOut(s Subject, what string, waited time.Duration) error {
	return &failure{Subject: s, kind: "timeout", again: true,
		text: fmt.Sprintf("%s sent %s for %s", s.Host, what, seconds(waited)), hint: timeoutHint}
}

const (
	waitAnswer  = "no answer"
	waitData    = "no data"
	timeoutHint = "Check the network connection; HF_HUB_ETAG_TIMEOUT and HF_HUB_DOWNLOAD_TIMEOUT (seconds) allow more time."
)

// budgetError is a fetch, with all its tries, that took longer than the Client allows.
type budgetError struct {
	failure
	last error // what had gone wrong before; may be nil
}

func newBudgetError(s Subject, budget time.Duration) error {
	return &budgetError{failure: failure{Subject: s, kind: "timeout", hint: timeoutHint,
		text: fmt.Sprintf("%s of %s could not be fetched within %s", s.Filename, s.id(), seconds(budget))}}
}

func (e *budgetError) Error() string {
	if e.last != nil {
		return e.text + ": " + e.last.Error()
	}
	return e.text
}

// Unwrap returns what had gone wrong before.
func (e *budgetError) Unwrap() error { return e.last }

// unknownHost says that a host name has no address; permanent if the name does not
// exist.
func unknownHost(s Subject, name string, permanent bool) error {
	fault := "cannot be looked up"
	if permanent {
		fault = "does not exist"
	}
	return &failure{Subject: s, kind: "dns", again: !permanent, dial: true,
		text: "the host name " + name + " " + fault,
		hint: "Check the network connection and HF_ENDPOINT; behind a proxy set HTTPS_PROXY." + noNetworkHint}
}

// connectionFailed says that a connection could not be made (dial) or broke.
func connectionFailed(s Subject, reason string, dial bool) error {
	f := &failure{Subject: s, kind: "connection", again: true, dial: dial,
		text: fmt.Sprintf("the connection to %s broke: %s", s.Host, reason),
		hint: "Check the network connection, a firewall, HF_ENDPOINT and the proxy variables." + noNetworkHint}
	if dial {
		f.text = fmt.Sprintf("%s cannot be reached: %s", s.Host, reason)
	}
	return f
}

// insecure says that a certificate is not trusted, or the server speaks no TLS.
// certificatesFrom is the variable that names the certificates in use.
func insecure(s Subject, reason, certificatesFrom string) error {
	f := &failure{Subject: s, kind: "tls",
		text: fmt.Sprintf("no secure connection to %s: %s", s.Host, reason),
		hint: "If a company proxy signs the traffic anew, let SSL_CERT_FILE name its certificate bundle " +
			"(SSL_CERT_DIR, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE are read too)."}
	if certificatesFrom != "" {
		f.hint = "The certificates of " + certificatesFrom + " are used: check that they include the one that signs this server's."
	}
	return f
}

// proxyFailed says that the proxy, named without user and password, could not be
// used.
func proxyFailed(s Subject, proxy, reason string) error {
	return &failure{Subject: s, kind: "proxy",
		text: fmt.Sprintf("the proxy %s failed: %s", proxy, reason),
		hint: "Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY (user and password too); hosts in NO_PROXY are reached directly."}
}
