// Package bench measures how fast networks train and predict on this machine,
// alone, against the machine's own ceiling, and against another program.
//
// Every measurement repeats one piece of work for a while and takes the median
// of its durations, because other programs disturb single ones.
//
// openblas holds the little C program that measures OpenBLAS's matrix product,
// torch the PyTorch program that trains the same networks.
package bench
