package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
)

const readerDriver = "windrow_reader"

// registerReader gives readers a driver of their own.
var registerReader = sync.OnceValue(func() error {
	d, err := newReaderDriver(time.Now)
	if err != nil {
		return err
	}
	sql.Register(readerDriver, handled{d})
	sqlx.BindDriver(readerDriver, sqlx.QUESTION)
	return nil
})

// handled is a driver whose connections have handles.
type handled struct{ *sqlite.Driver }

// Open implements driver.Driver.
func (d handled) Open(dsn string) (driver.Conn, error) { return openConn(d.Driver, dsn) }

// newReaderDriver makes a driver of whose connections each has the authorizer
// and our SQL functions. What a driver registers is never freed.
func newReaderDriver(now func() time.Time) (*sqlite.Driver, error) {
	d := &sqlite.Driver{}
	d.RegisterConnectionHook(func(c sqlite.ExecQuerierContext, _ string) error {
		a, ok := c.(sqlite.AuthorizerRegisterer)
		if !ok {
			return errors.New("the driver has no authorizer")
		}
		return a.RegisterAuthorizer(authorize)
	})
	for name, f := range timeFunctions(now) {
		// Deterministic makes SQLite call it once per statement.
		impl := &sqlite.FunctionImpl{NArgs: 1, Deterministic: true, Scalar: f}
		if err := d.RegisterFunction(name, impl); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// openClocked makes the pool of a reader whose ago() counts from now, which
// may be nil for the clock.
func openClocked(dsn string, now func() time.Time) (*sqlx.DB, error) {
	if err := registerReader(); err != nil {
		return nil, err
	}
	if now == nil {
		return sqlx.Open(readerDriver, dsn)
	}
	d, err := borrowClock(now)
	if err != nil {
		return nil, err
	}
	c := &clockConnector{dsn: dsn, clock: d}
	c.db = sql.OpenDB(c)
	return sqlx.NewDb(c.db, readerDriver), nil
}

// clockDriver is a reader's driver with a clock that can be set.
type clockDriver struct {
	*sqlite.Driver
	now atomic.Pointer[func() time.Time]
}

// idleClocks are the drivers that no pool uses. There are never more than
// pools were open at one time.
var idleClocks struct {
	sync.Mutex
	list []*clockDriver
}

func borrowClock(now func() time.Time) (*clockDriver, error) {
	idleClocks.Lock()
	defer idleClocks.Unlock()
	if n := len(idleClocks.list); n > 0 {
		d := idleClocks.list[n-1]
		idleClocks.list = idleClocks.list[:n-1]
		d.now.Store(&now)
		return d, nil
	}
	d := &clockDriver{}
	d.now.Store(&now)
	var err error
	d.Driver, err = newReaderDriver(func() time.Time { return (*d.now.Load())() })
	return d, err
}

// clockConnector makes the connections of one pool, and gives the driver back
// when that is closed.
type clockConnector struct {
	dsn   string
	clock *clockDriver
	db    *sql.DB
}

// Connect implements driver.Connector.
func (c *clockConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return openConn(c.clock.Driver, c.dsn)
}

// Driver implements driver.Connector.
func (c *clockConnector) Driver() driver.Driver { return c.clock.Driver }

// Close implements io.Closer. A driver whose statements still run is not lent
// to others: they would have two clocks.
func (c *clockConnector) Close() error {
	if c.db.Stats().InUse > 0 {
		return nil
	}
	idleClocks.Lock()
	defer idleClocks.Unlock()
	idleClocks.list = append(idleClocks.list, c.clock)
	return nil
}
