#include <stdio.h>
double part1(double x);
double part7(double x);
double part24(double x);
extern const char *where7;
int main(void)
{
    printf("%.17g %s\n", part1(part7(part24(0.1))), where7);
    return 0;
}
