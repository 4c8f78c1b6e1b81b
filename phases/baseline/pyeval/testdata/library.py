# What of the standard library constructors use.
import copy
import functools
import itertools
import math
from collections import OrderedDict, defaultdict
from types import SimpleNamespace

a = math.ceil(2.1), math.gcd(12, 18), math.lcm(4, 6)  #= (3, 6, 12)
log = math.log(8, 2), math.log(1), math.sqrt(9), math.log(1, 10)  #= (3.0, 0.0, 3.0, 0.0)
log_of_none = math.log(0)                 #? ValueError
b = functools.reduce(lambda x, y: x * y, [1, 2, 3, 4])  #= 24
c = functools.partial(lambda x, y: (x, y), 1)(2)  #= (1, 2)
d = list(itertools.chain([1], (2, 3)))    #= [1, 2, 3]
e = list(itertools.accumulate([1, 2, 3])) #= [1, 3, 6]
f = list(itertools.islice(range(10), 2, 5))  #= [2, 3, 4]


def grouped():
    groups = defaultdict(list)
    groups["a"].append(1)
    copied = copy.copy(groups["a"])
    copied.append(2)
    return groups["a"], copied


g = grouped()                             #= ([1], [1, 2])
h = list(OrderedDict(x=1, y=2))           #= ['x', 'y']
i = SimpleNamespace(n=3).n                #= 3
j = unheard.of(1)                         #? name unheard
