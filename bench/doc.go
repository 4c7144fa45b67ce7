// Bench measures how fast this SDK reads exports, compared with inflating them alone and with
// other ways to read them. README.md says how to run it and how to read its output.
//
// All contenders read the same bytes in one run, in turns, and the result of each is checked: a
// wrong sum ends the program with exit code 1.
package main
