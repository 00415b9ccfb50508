#include <stdio.h>
#include <stdlib.h>
static int depth(int n)
{
    volatile int here = n;
    return here == 0 ? *(volatile int *)0 : depth(here - 1) + 1;
}
int main(int argc, char **argv)
{
    (void)argv;
    printf("%d\n", depth(argc + 2));
    return 0;
}
