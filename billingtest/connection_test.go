package billingtest_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
)

// TestListenerServesResourceManager: Resource Manager is served under its host name, as Graph and
// storage are.
func TestListenerServesResourceManager(t *testing.T) {
	s := billingtest.NewServer(nil)
	if err := s.SetAccount(billingtest.Account{Name: "a:b_2019-05-31"}); err != nil {
		t.Fatal(err)
	}
	l := listen(t, s)
	client, err := costmgmt.NewClient(s.Credential(), &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: l.Client}})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := client.PartnerAccount(t.Context(), nil); err != nil || a.Name != "a:b_2019-05-31" {
		t.Errorf("%+v, %v", a, err)
	}
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations %v", v)
	}
}

// TestListenerGivesClientOptions: the options are enough for both clients.
func TestListenerGivesClientOptions(t *testing.T) {
	s := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if err := s.SetAccount(billingtest.Account{}); err != nil {
		t.Fatal(err)
	}
	l := listen(t, s)
	if err := useService(t.Context(), s.Credential(), l.ClientOptions()); err != nil {
		t.Error(err)
	}
	if v := s.Violations(); len(v) != 0 || s.OpenBodies() != 0 {
		t.Errorf("violations %v, %d bodies left open", v, s.OpenBodies())
	}
}

// accessVariable hands a listener over to another process of this test.
const accessVariable = "BILLINGTEST_ACCESS"

// TestAnotherProcessConnects: another process needs a line of text only.
func TestAnotherProcessConnects(t *testing.T) {
	if access := os.Getenv(accessVariable); access != "" {
		c, err := billingtest.Dial(access)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := useService(t.Context(), c.Credential(), c.ClientOptions()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}}); err == nil {
			t.Error("a token for another service")
		}
		return
	}
	s := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if err := s.SetAccount(billingtest.Account{}); err != nil {
		t.Fatal(err)
	}
	l := listen(t, s)
	access := l.Access()
	if strings.ContainsAny(access, " \n\"'") {
		t.Errorf("%q cannot be an argument of a program", access)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestAnotherProcessConnects$") //nolint:gosec // this test
	child.Env = append(os.Environ(), accessVariable+"="+access)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	kinds := map[billingtest.Call]int{}
	for _, r := range s.Requests() {
		kinds[r.Call]++
	}
	if kinds[billingtest.ExportCall] != 1 || kinds[billingtest.ARMCall] == 0 || kinds[billingtest.BlobCall] == 0 {
		t.Errorf("requests %v", kinds)
	}
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations %v", v)
	}
}

// TestConnectionKeepsToTheListener: no request of a connection leaves the machine.
func TestConnectionKeepsToTheListener(t *testing.T) {
	s := billingtest.NewServer(nil)
	c, err := billingtest.Dial(listen(t, s).Access())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, address := range []string{"https://storage.example/x", "http://graph.microsoft.com/v1.0/x"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := c.ClientOptions().Transport.Do(r)
		if err == nil {
			t.Errorf("%s: status %d, %v", address, response.StatusCode, response.Body.Close())
		}
	}
	for _, access := range []string{"", "x", "e30"} {
		if _, err := billingtest.Dial(access); err == nil || strings.Contains(err.Error(), "key") {
			t.Errorf("%q: %v", access, err)
		}
	}
}

// useService makes a call of each client and reads an export.
func useService(ctx context.Context, cred azcore.TokenCredential, o azcore.ClientOptions) error {
	costs, err := costmgmt.NewClient(cred, &costmgmt.ClientOptions{ClientOptions: o})
	if err != nil {
		return err
	}
	if _, err := costs.PartnerAccount(ctx, nil); err != nil {
		return err
	}
	exports, err := billing.NewClient(cred, &billing.ClientOptions{ClientOptions: o})
	if err != nil {
		return err
	}
	p, err := billing.BeginExport(ctx, exports, billing.BilledUsage{InvoiceID: billingtest.DefaultInvoiceID}, nil)
	if err != nil {
		return err
	}
	m, err := p.PollUntilDone(ctx, nil)
	if err != nil {
		return err
	}
	for _, err := range m.Items(ctx, nil) {
		if err != nil {
			return err
		}
	}
	return nil
}
