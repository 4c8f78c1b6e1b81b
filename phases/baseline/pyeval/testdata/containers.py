from nowhere import build

# Lists, tuples, dicts and sets.
a = [1, 2, 3][-1]                         #= 3
b = [0] * 3 + [1]                         #= [0, 0, 0, 1]
c = (1, 2) + (3,)                         #= (1, 2, 3)
d = [x * y for x in range(3) for y in (1, 10) if x]  #= [1, 10, 2, 20]
e = {k: v for k, v in zip("ab", [1, 2])}["b"]  #= 2
f = sorted({3, 1, 2} - {1}, reverse=True) #= [3, 2]
g = list(enumerate("ab", start=1))        #= [(1, 'a'), (2, 'b')]
h = dict([("x", 1)], y=2).get("z", 0)     #= 0
i = list(map(lambda v: v + 1, filter(lambda v: v > 1, [1, 2, 3])))  #= [3, 4]
j = [1, 2, 3, 4][1:-1]                    #= [2, 3]
k = [*range(2), 9]                        #= [0, 1, 9]
l = 2 in {1: "a", 2: "b"}, 3 not in (1, 2)  #= (True, True)
m = {**{"a": 1}, "a": 2}["a"]             #= 2
n = len({1, 2, 2}), len("abc"), len({})   #= (2, 3, 0)
o = {(1, "x"): 5}[(1, "x")]               #= 5
p = [1, 2] == [1, 2], [1, 2] < [1, 3], (1,) == [1]  #= (True, True, False)
first, *rest = [1, 2, 3]
q = first, rest                           #= (1, [2, 3])


def reversed_twice():
    t = (1, 2, 3)
    return list(reversed(t)), t


r = reversed_twice()                      #= ([3, 2, 1], (1, 2, 3))


def mutated():
    x = [3, 1]
    x.append(2)
    x.sort()
    x.insert(0, 9)
    x.remove(1)
    d = {"n": x.pop()}
    d.setdefault("m", []).append(x)
    s = set(x)
    s.update([5])
    s.discard(9)
    return d["n"], d["m"], sorted(s)


s = mutated()                             #= (3, [[9, 2]], [2, 5])


def deleted(o):
    x = [1, 2, 3]
    d = {"a": 1, "b": 2, "c": 3}
    del d["a"], x[-1]
    if o:
        del d["b"]
    try:
        del d["absent"]
    except KeyError:
        x.append("caught")
    return x, list(d)


v = deleted(True)                         #= ([1, 2, 'caught'], ['c'])


def deleted_slices():
    x = [1, 2, 3, 4, 5, 6]
    del x[True]
    del x[3:]
    y = list(range(9))
    try:
        del y[::2], y[-1:], y[7:9]
    except IndexError:
        y.append("caught")
    return x, y


def deleted_unsure():
    x, d = [1, 2, 3], {"a": 1}
    try:
        del x[build()]
        del x[build():]
        del d[build()]
    except (IndexError, KeyError):
        x.append("caught")
    return x, len(d)


def written_unsure():
    x, y, z = [1, 2, 2], [5] * 3, [1, 2]
    x[build()] = 2
    y[build()] = 5
    try:
        z[2] = 3
    except IndexError:
        z.append("caught")
    return x[1], x[0] == 1, y, len(x), z


wu = written_unsure()                     #= (2, ([1, 2, 2][nowhere.build()] == 1), [5, 5, 5], 3, [1, 2, 'caught'])
w = deleted_slices()                      #= ([1, 3, 4], [1, 3, 5])
unsure = deleted_unsure()                 #= ([1, 2, 3], 1)
t = {"a": 1}.pop("b", 7)                  #= 7
u = [i for i in range(10, 0, -3)]         #= [10, 7, 4, 1]

# What is not there is not known outside of a try statement.
absent = {"a": 1}["b"]                    #? KeyError
beyond = [1][3]                           #? IndexError
huge = range(10 ** 12)                     #! too many values
