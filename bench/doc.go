// Bench measures how fast this SDK reads exports, beside what inflating them alone
// takes and beside other ways to read them. README.md says how to run it and how to
// read what it prints.
//
// All contenders read the same bytes in one run, in turns, and each proves that it
// has read all of them: a wrong sum ends the program with exit code 1.
package main
