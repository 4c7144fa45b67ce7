package main

// moreContenders is the place for another way to read the data, such as one that
// consumes rows in parallel: what is returned here takes part in the main table,
// behind the ways of Items, under the same rules and the same check. Its field goal
// names a goal of goals.go, if it has one.
func moreContenders(*dataset) []contender {
	return nil
}
