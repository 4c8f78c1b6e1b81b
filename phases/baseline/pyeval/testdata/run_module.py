# A module that is run from its top, as an import runs it: loops, expressions and
# decorators are for what they do, in their order.
from functools import lru_cache

from nowhere import build

TABLE = {}
order = []

for key in ("a", "b"):
    TABLE[key] = len(TABLE)
    order.append(key)

order.append("last") if TABLE else None


def register(fn):
    order.append(fn.__name__)
    return fn


@register
def dispatch(key):
    return TABLE[key]


@lru_cache(maxsize=None)
def doubled(x):
    return [x, x]


dispatch.listed = list(TABLE.values())
dispatch.listed += doubled(7)
dispatch("absent").field = 1
raise ImportError("nobody handles it")
order = order + ["end"]

if build():
    dispatch.listed = dispatch.listed + [8]

a = order                                 #= ['a', 'b', 'last', 'dispatch', 'end']
b = TABLE["b"], key                       #= (1, 'b')
c = dispatch.listed                       #= ([0, 1, 7, 7, 8] if build() else [0, 1, 7, 7])
d = dispatch.other                        #? attribute other of a function
e = dispatch("a"), dispatch.__name__      #= (0, 'dispatch')
