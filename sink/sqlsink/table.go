package sqlsink

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink"
)

// find returns a column by its name, whose case does not matter.
func find(columns []TableColumn, name string) *TableColumn {
	i := slices.IndexFunc(columns, func(c TableColumn) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return nil
	}
	return &columns[i]
}

// fits returns an error if a table does not have a column, or one of a type that does not fit.
func (t *transaction) fits(table string, have []TableColumn, name, typ string) error {
	c := find(have, name)
	switch {
	case c == nil:
		return &sink.TableError{Table: table, Column: name, Reason: "it does not exist; the table is not one of this package: choose another name, or drop it"}
	case c.Computed:
		return &sink.TableError{Table: table, Column: c.Name, Reason: "it is computed and cannot be written; rename the column of the schema"}
	case !t.dialect.Fits(*c, typ):
		return &sink.TableError{Table: table, Column: c.Name, Reason: fmt.Sprintf("its type is %s, which does not store every value as it is; change it to %s", c.Type, typ)}
	}
	return nil
}

// checkRows returns an error if the table of rows cannot take those of a schema, and the columns
// that it lacks.
func (t *transaction) checkRows(have []TableColumn, columns []lineitem.Column) (missing []lineitem.Column, err error) {
	if err := t.fits(t.rows, have, LoadColumn, t.typeOf(lineitem.KindInt)); err != nil {
		return nil, err
	}
	for _, c := range columns {
		existing := find(have, c.Name)
		if existing == nil {
			missing = append(missing, c)
			continue
		}
		typ, _ := t.dialect.Column(c)
		if err := t.fits(t.rows, have, c.Name, typ); err != nil {
			return nil, err
		}
		if existing.NotNull {
			return nil, &sink.TableError{Table: t.rows, Column: existing.Name, Reason: "it does not accept NULL, which every attribute can be; remove NOT NULL"}
		}
	}
	for _, h := range have {
		if h.Required && !strings.EqualFold(h.Name, LoadColumn) {
			return nil, &sink.TableError{Table: t.rows, Column: h.Name, Reason: "it needs a value, and the schema does not have it; remove NOT NULL, or give it a default"}
		}
	}
	return missing, nil
}

// ensureRows creates the table and the view for rows, or adds the columns that they lack. It
// returns the names of the table's columns for those of the schema.
func (t *transaction) ensureRows(ctx context.Context, columns []lineitem.Column) (written []string, err error) {
	have, err := t.columns(ctx, t.rows)
	if err != nil {
		return nil, err
	}
	if have == nil {
		err = t.createRows(ctx, columns)
	} else {
		err = t.addColumns(ctx, have, columns)
	}
	if err != nil {
		return nil, err
	}
	if have, err = t.columns(ctx, t.rows); err != nil {
		return nil, err
	}
	for _, c := range columns {
		existing := find(have, c.Name)
		if existing == nil {
			return nil, &sink.TableError{Table: t.rows, Column: c.Name, Reason: "it was created and does not exist; the dialect does not report it"}
		}
		written = append(written, existing.Name)
	}
	return written, t.ensureView(ctx, have)
}

func (t *transaction) createRows(ctx context.Context, columns []lineitem.Column) error {
	s := t.sql("CREATE TABLE @ (@ "+t.typeOf(lineitem.KindInt)+" NOT NULL", t.rows, LoadColumn)
	for _, c := range columns {
		typ, _ := t.dialect.Column(c)
		s.add(", " + t.dialect.Quote(c.Name) + " " + typ)
	}
	if err := t.define(ctx, s.add(")")); err != nil {
		return err
	}
	return t.define(ctx, t.sql("CREATE INDEX @ ON @ (@)", t.rows+"_load", t.rows, LoadColumn))
}

func (t *transaction) addColumns(ctx context.Context, have []TableColumn, columns []lineitem.Column) error {
	missing, err := t.checkRows(have, columns)
	if err != nil {
		return err
	}
	for _, c := range missing {
		typ, _ := t.dialect.Column(c)
		if err := t.define(ctx, t.sql("ALTER TABLE @ ADD @ "+typ, t.rows, c.Name)); err != nil {
			return err
		}
	}
	return nil
}

// visible returns the names of the columns of the view.
func visible(rows []TableColumn) (names []string) {
	for _, c := range rows {
		if !strings.EqualFold(c.Name, LoadColumn) {
			names = append(names, c.Name)
		}
	}
	return names
}

func columnNames(columns []TableColumn) (names []string) {
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return names
}

// ensureView creates the view if it does not have the columns of the table.
func (t *transaction) ensureView(ctx context.Context, rows []TableColumn) error {
	have, err := t.columns(ctx, t.view)
	if err != nil {
		return err
	}
	want := visible(rows)
	if slices.Equal(columnNames(have), want) {
		return nil
	}
	if have != nil {
		if find(have, LoadColumn) != nil {
			return &sink.TableError{Table: t.view, Column: LoadColumn, Reason: "a view for readers does not have it; choose another View"}
		}
		if err := t.define(ctx, t.sql("DROP VIEW @", t.view)); err != nil { // fails if it is a table
			return &sink.TableError{Table: t.view, Reason: fmt.Sprintf("it is needed for a view with other columns and cannot be replaced; choose another View (%v)", err)}
		}
	}
	s := t.sql("CREATE VIEW @ AS SELECT ", t.view)
	for i, name := range want {
		if i > 0 {
			s.add(", ")
		}
		s.add("r." + t.dialect.Quote(name))
	}
	s.add(" FROM " + t.dialect.Quote(t.rows) + " r JOIN " + t.dialect.Quote(t.ledger) + " l ON l." + t.dialect.Quote(LoadColumn) + " = r." + t.dialect.Quote(LoadColumn))
	// The name has only letters, digits and underscores.
	return t.define(ctx, s.add(" WHERE l."+t.dialect.Quote("target")+" = '"+t.rows+"'"))
}
