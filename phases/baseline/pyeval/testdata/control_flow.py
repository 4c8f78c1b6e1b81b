# Statements, exceptions, and conditions that are not known.


def loops():
    out = []
    for i in range(10):
        if i == 1:
            continue
        if i == 4:
            break
        out.append(i)
    else:
        out.append("else")
    n = 0
    while n < 3:
        n += 1
    return out, n


a = loops()                               #= ([0, 2, 3], 3)


def tried(x):
    try:
        if x == 0:
            raise ValueError("zero")
        value = {1: "one"}[x]
    except (ValueError, KeyError):
        return "caught"
    finally:
        done = True
    return value, done


b = tried(0), tried(1), tried(2)          #= ('caught', ('one', True), 'caught')


def matched(x):
    match x:
        case 1:
            return "one"
        case "two":
            return 2
    return None


c = matched(1), matched("two"), matched(3)  #= ('one', 2, None)


def matched_call(numbers):
    match numbers.pop():
        case 1:
            return "one", numbers
        case 2:
            return "two", numbers
        case [x, *_]:
            match x + 1:
                case 3:
                    return "a list of 2", numbers
    return None, numbers


def matched_tuple(x, y):
    match x, y + 1:
        case 1, 2:
            return "one and two"
        case [_, 9]:
            return "nine"
    match x,:
        case (3,):
            return "three alone"
    return None


m0 = matched_tuple(1, 1), matched_tuple(1, 8), matched_tuple(3, 3), matched_tuple(1, 3)  #= ('one and two', 'nine', 'three alone', None)
m1 = matched_call([4, 2]), matched_call([4, 3])  #= (('two', [4]), (None, [4]))
m2 = matched_call([4, [2, 5]])             #= ('a list of 2', [4])


def matched_unsure():
    match build() + 1:
        case 1:
            return "one"
        case 2:
            return "two"


m3 = matched_unsure()                     #= ('two' if (build() + 1) == 2 else ('one' if (build() + 1) == 1 else None))


def generated():
    for i in range(3):
        yield i * i


d = list(generated())                     #= [0, 1, 4]


def undecided():
    x = 1
    if unheard:
        x = 2
    return x


e = undecided()                           #= (2 if unheard else 1)
f = undecided() + 10                      #= (12 if unheard else 11)


def same_either_way():
    if unheard:
        x = [1, 2]
    else:
        x = [1, 2]
    return len(x)


g = same_either_way()                     #= 2


def early():
    if unheard:
        return "early"
    return "late"


h = early()                               #= ('early' if unheard else 'late')


def one_arm_raises():
    if unheard:
        raise NotImplementedError()
    return "the other"


i = one_arm_raises()                      #= 'the other'


def undone():
    seen = []
    names = {"n": 0}
    if unheard:
        seen.append(1)
        names["n"] = 1
    else:
        names["n"] = 1
    return names["n"]


j = undone()                              #= 1
k = 1 if unheard else 1              #= 1


def raises():
    raise RuntimeError("no such layer")


l = raises()                              #? RuntimeError: no such layer at control_flow.py
m = unheard and False                #= False


def endless():
    while True:
        pass


n = endless()                             #= None


def recursive(n):
    return recursive(n + 1)


o = recursive(0)                          #! nest too deeply
