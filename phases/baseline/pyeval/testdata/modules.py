# Names of modules: imports, guards, and what changes a container at the top.
import containers as c
from classes import Base, Both as Renamed
from strings import *
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    limit = 1
else:
    limit = 2

try:
    from nowhere import fast
except ImportError:
    fast = None

REGISTRY = {}
REGISTRY["first"] = 1
REGISTRY["gone"] = 2
del REGISTRY["gone"]


def register(name):
    def wrap(cls):
        REGISTRY[name] = cls.__name__
        return cls
    return wrap


@register("second")
class Registered:
    pass


def widen(x):
    return 3 * x


def twice(fn):
    return lambda x: fn(fn(x))


widen = twice(widen)


class Base(Base):
    def __init__(self, n):
        super().__init__(2 * n)
        self.first, self.second, self.third = 1, 2, 3
        del self.first, self.second


x = c.b[-1]                               #= 1
y = Renamed(4).double()[0]                #= 'left'
z = d                                     #= 'x-yx-y'
u = limit                                 #= 2
v = REGISTRY["first"], REGISTRY["second"], len(REGISTRY) #= (1, 'Registered', 2)
w = widen(2)                              #= 18
o = Base(3).n, hasattr(Base(3), "second"), Base(3).third  #= (6, False, 3)
itself = itself + 1                       #? refers to itself
