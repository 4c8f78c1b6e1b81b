# Classes: the order of resolution, methods of every kind, enumerations, records.
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto


class Base:
    size = 2

    def __init__(self, n):
        self.n = n

    def double(self):
        return self.size * self.n

    @property
    def next(self):
        return self.n + 1

    @classmethod
    def of_two(cls):
        return cls(2)

    @staticmethod
    def plus(x):
        return x + 1


class Left(Base):
    size = 3

    def double(self):
        return "left", super().double()


class Right(Base):
    def double(self):
        return "right", super().double()


class Both(Left, Right):
    size = 10


a = Both(4).double()                      #= ('left', ('right', 40))
b = Both.of_two().next, Both.plus(1)      #= (3, 2)
c = [k.__name__ for k in Both.__mro__][:4]  #= ['Both', 'Left', 'Right', 'Base']
d = isinstance(Both(1), Right), issubclass(Left, Right)  #= (True, False)


class Called:
    def __call__(self, x, *args, scale=1, **rest):
        return x * scale, args, sorted(rest)

    def __getattr__(self, name):
        if name == "known":
            return 5
        raise AttributeError(name)


e = Called()(2, 3, scale=4, z=1)          #= (8, (3), ['z'])
f = Called().known, hasattr(Called(), "other"), getattr(Called(), "other", 7)  #= (5, False, 7)


class Kind(Enum):
    A = auto()
    B = "b"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


g = Kind.A.value, Kind("b").name          #= (1, 'B')
h = Level.HIGH == 2, Kind.A == 1, Kind.B is Kind.B  #= (True, False, True)
i = Level.HIGH + 1, {Level.LOW: "x"}[1]   #= (3, 'x')
j = "b" in Kind                           #= True


@dataclass
class Record:
    x: int
    y: int = 2
    z: list = field(default_factory=list)

    def __post_init__(self):
        self.total = self.x + self.y


k = Record(1).total, Record(1, y=5).total, Record(1).z  #= (3, 6, [])


def outer():
    count = 10

    def inner(x):
        return x + count

    return inner(1), (lambda x: x * count)(2)


l = outer()                               #= (11, 20)


class Layer(Base):
    def __init__(self, n):
        super().__init__(n)
        self.kept, self.gone = 1, 2


class Layer(Layer):
    def __init__(self, n):
        super().__init__(n + 1)
        del self.gone


m = Layer(1).n, hasattr(Layer(1), "gone"), Layer(1).kept  #= (2, False, 1)
