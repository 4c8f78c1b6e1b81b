package hub

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

const (
	maxSearchBody = 4 << 20
	searchBudget  = 5 * time.Second
)

// Hit is a repository that the Hub's search found.
type Hit struct {
	ID        string `json:"id"`
	Downloads int    `json:"downloads"`
	Likes     int    `json:"likes"`
}

// Search asks the Hub for model repositories whose id contains the words of a
// query, the most downloaded first, at most limit of them. It is one request
// without retries: suggestions are not worth a wait. Offline it is an
// *OfflineError.
func (c *Client) Search(ctx context.Context, query string, limit int) ([]Hit, error) {
	return c.models(ctx, query, url.Values{"search": {query}, "limit": {strconv.Itoa(limit)}, "sort": {"downloads"}, "direction": {"-1"}}, limit)
}

// models asks for a list of model repositories.
func (c *Client) models(ctx context.Context, about string, q url.Values, limit int) ([]Hit, error) {
	k := &call{c: c, repoID: about, filename: "the search result", deadline: c.clock.Now().Add(searchBudget)}
	if err := k.mayAsk(); err != nil {
		return nil, err
	}
	var hits []Hit
	if err := c.getJSON(ctx, k, "/api/models", q, &hits); err != nil {
		return nil, err
	}
	valid := hits[:0]
	for _, h := range hits {
		if ValidateRepoID(h.ID) == nil && len(valid) < limit {
			valid = append(valid, h)
		}
	}
	return valid, nil
}

// mayAsk returns why the Hub is not asked: the network is off, or its address
// cannot be used.
func (k *call) mayAsk() error {
	if k.c.set.Offline {
		return newOfflineError(k.subjectOf(k.c.set.endpoint), k.c.set.OfflineBecause, nil)
	}
	return k.c.set.endpointErr
}

// getJSON GETs an address of the Hub's API that has one page.
func (c *Client) getJSON(ctx context.Context, k *call, path string, q url.Values, into any) error {
	ctx, cancel := withTimeout(ctx, c.clock, searchBudget, errBudget)
	defer cancel()
	u := c.apiURL(path)
	u.RawQuery = q.Encode()
	_, err := k.getPage(ctx, u, into)
	return err
}

// Trending asks the Hub for the models that write text and trend, at most limit
// of them. As Search it is one request without retries.
func (c *Client) Trending(ctx context.Context, limit int) ([]Hit, error) {
	return c.models(ctx, "the trending models", url.Values{
		"pipeline_tag": {"text-generation"}, "limit": {strconv.Itoa(limit)}, "sort": {"trendingScore"}, "direction": {"-1"},
	}, limit)
}

// ProbeResult is what a Probe found.
type ProbeResult struct {
	Latency time.Duration
	// Account is the name of the token's account; "" without a token.
	Account string
}

// Probe asks whether the Hub answers, and whether it accepts the token: one
// request without retries. The errors are those of Fetch.
func (c *Client) Probe(ctx context.Context) (ProbeResult, error) {
	k := &call{c: c, filename: "the answer", deadline: c.clock.Now().Add(searchBudget)}
	if err := k.mayAsk(); err != nil {
		return ProbeResult{}, err
	}
	started := c.clock.Now()
	var err error
	var who struct {
		Name string `json:"name"`
	}
	if c.mayAuthorize(c.set.endpoint, true) {
		err = c.getJSON(ctx, k, "/api/whoami-v2", nil, &who)
	} else {
		var hits []Hit
		err = c.getJSON(ctx, k, "/api/models", url.Values{"limit": {"1"}}, &hits)
	}
	return ProbeResult{Latency: c.clock.Now().Sub(started), Account: c.redact.server(who.Name)}, err
}
