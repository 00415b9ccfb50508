#include <stdio.h>

int main(void)
{
    double sum = 0;
    for (int i = 1; i < 1000; i++) {
        sum += 1.0 / i;
    }
    printf("%s: %.17g\n", __FILE__, sum);
    return 0;
}
