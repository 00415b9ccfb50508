#include <stdlib.h>
#include <string.h>
int main(void)
{
    char *p = malloc(40);
    char *q = malloc(16);
    memset(p, 1, 41);
    free(q);
    return p[0] == 2;
}
