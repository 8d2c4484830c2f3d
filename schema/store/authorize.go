package store

import (
	"strings"

	"modernc.org/sqlite"
)

// authorize is asked by SQLite about everything that a reader's statement
// would do, while it compiles the statement. What is not named here is denied:
// all writing, ATTACH (VACUUM INTO too), new virtual tables, other pragmas.
// Transactions are allowed, for reads on one snapshot.
func authorize(action sqlite.AuthorizerActionCode, arg1, arg2, _, _ string) sqlite.AuthorizerReturnCode {
	allowed := false
	switch action {
	case sqlite.AuthSelect, sqlite.AuthRecursive, sqlite.AuthTransaction:
		allowed = true
	case sqlite.AuthRead:
		allowed = readable(arg1)
	case sqlite.AuthFunction:
		allowed = readerFunctions[strings.ToLower(arg2)]
	case sqlite.AuthPragma:
		name := strings.ToLower(arg1)
		// user_version is read by OpenReader, and never set: mode=ro.
		allowed = readerPragmas[name] || (name == "query_only" || name == "user_version") && arg2 == ""
	}
	if allowed {
		return sqlite.AuthorizerOK
	}
	return sqlite.AuthorizerDeny
}

// readable tells tables from the virtual ones that SQLite brings along, which
// show raw pages and the like.
func readable(table string) bool {
	t := strings.ToLower(table)
	if name, ok := strings.CutPrefix(t, "pragma_"); ok {
		return readerPragmas[name]
	}
	return !deniedTables[t]
}

var deniedTables = set("dbstat sqlite_dbpage sqlite_stmt bytecode tables_used")

var readerPragmas = set("table_info table_xinfo table_list index_list index_info data_version")

// readerFunctions are SQLite's own but for those that reach outside or change
// the connection: load_extension, readfile, writefile, edit, fts3_tokenizer,
// sqlite_log and the like.
var readerFunctions = set(`
abs changes char coalesce concat concat_ws format glob hex if ifnull iif instr last_insert_rowid length like likelihood likely
lower ltrim max min nullif octet_length printf quote random randomblob replace round rtrim sign soundex sqlite_source_id
sqlite_version substr substring total_changes trim typeof unhex unicode unistr unistr_quote unlikely upper zeroblob
avg count group_concat string_agg sum total median percentile percentile_cont percentile_disc
row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp
acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power
radians sin sinh sqrt tan tanh trunc
json json_array json_array_length json_array_insert json_each json_error_position json_extract json_group_array json_group_object
json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set json_tree json_type json_valid
jsonb jsonb_array jsonb_array_insert jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch
jsonb_remove jsonb_replace jsonb_set -> ->>
ago ts
`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
