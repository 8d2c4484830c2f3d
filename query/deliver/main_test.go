package deliver

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/windrow/windrow/schema"
)

// authority is a file with the certificate that has signed serverTLS.
var (
	authority string
	serverTLS *tls.Config
)

// names are the hosts of the world outside, which the proxy leads to servers
// of the tests: the name with port, and the address of the server.
var names sync.Map

// The tests use what users have for private authorities and proxies: the
// environment.
func TestMain(m *testing.M) {
	if job := os.Getenv(childJob); job != "" {
		os.Exit(child(job))
	}
	temp, err := os.MkdirTemp("", "windrow-deliver-")
	if err != nil {
		log.Fatal(err)
	}
	authority = filepath.Join(temp, "ca.pem")
	if serverTLS, err = certify(authority); err != nil {
		log.Fatal(err)
	}
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(proxy, http.HandlerFunc(connect))
	os.Setenv("SSL_CERT_FILE", authority)
	os.Setenv("HTTPS_PROXY", "http://"+proxy.Addr().String())
	code := m.Run()
	os.RemoveAll(temp)
	os.Exit(code)
}

// certify makes an authority and the configuration of servers that it vouches
// for.
func certify(file string) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"hooks.test", "other.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, os.WriteFile(file, text, 0o600)
}

// connect is a proxy for TLS.
func connect(w http.ResponseWriter, r *http.Request) {
	address, ok := names.Load(r.Host)
	if r.Method != http.MethodConnect || !ok {
		http.Error(w, "unknown host", http.StatusBadGateway)
		return
	}
	to, err := net.Dial("tcp", address.(string))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	from, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	from.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	go func() {
		io.Copy(to, buffered)
		to.Close()
	}()
	io.Copy(from, to)
	from.Close()
}

// childJob names the variable of the environment that has a job for a child
// process.
const childJob = "WINDROW_DELIVER_JOB"

// job is a delivery that a child process does.
type job struct {
	Target  schema.Target
	Message Message
	Limit   uint64 // of the size of files, in bytes; 0 for none
}

// child says when it begins, and how it ended.
func child(text string) int {
	runtime.LockOSThread() // strace counts calls by thread
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		log.Fatal(err)
	}
	if err := limitFiles(j.Limit); err != nil {
		log.Fatal(err)
	}
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintln(out, "begin")
	out.Flush()
	_, err := Deliver(context.Background(), j.Target, Config{}, j.Message)
	fmt.Fprintln(out, err)
	out.Flush()
	return 0
}

// slot is 2026-03-02 08:00 in Berlin.
var slot = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

var berlin = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
})

// reportOf is the message of a report with one file.
func reportOf(t testing.TB, name, mediaType, content string) Message {
	t.Helper()
	file := filepath.Join(t.TempDir(), "spool")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return Message{
		Report: "morning", Kind: "report", Slot: slot, Start: slot.AddDate(0, 0, -1), End: slot, Zone: berlin(), Revision: 1, ID: t.Name(),
		Content: &Content{File: file, Name: name, MediaType: mediaType, Bytes: int64(len(content)), SHA256: sha256.Sum256([]byte(content))},
	}
}

// eventOf is the message of an alert.
func eventOf(id string) Message {
	record := fmt.Sprintf(`{"id":%q,"alert":"slow","kind":"firing","slot":"2026-03-02 07:00:00","row":{"host":"a","p99":612.5}}`, id)
	return Message{Report: "slow", Kind: "firing", Slot: slot, Zone: berlin(), Revision: 1, ID: id, Record: []byte(record)}
}

func deliver(t testing.TB, to schema.Target, c Config, m Message) Receipt {
	t.Helper()
	r, err := Deliver(t.Context(), to, c, m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// refused delivers, which must fail for good or not, with these words.
func refused(t testing.TB, to schema.Target, c Config, m Message, forGood bool, words string) error {
	t.Helper()
	r, err := Deliver(t.Context(), to, c, m)
	checkRefused(t, r, err, forGood, words)
	return err
}

func checkRefused(t testing.TB, r Receipt, err error, forGood bool, words string) {
	t.Helper()
	if err == nil {
		t.Fatalf("it was delivered: %+v", r)
	}
	if got := errors.Is(err, ErrPermanent); got != forGood {
		t.Errorf("permanent is %t, want %t: %v", got, forGood, err)
	}
	if !contains(err.Error(), words) {
		t.Errorf("error %q does not say %q", err, words)
	}
}
