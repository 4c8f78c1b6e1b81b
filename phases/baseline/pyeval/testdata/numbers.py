# Arithmetic as Python's, with machine integers.
a = 7 // -2                               #= -4
b = 7 % -3                                #= -2
c = -7.5 // 2                             #= -4.0
d = 2 ** 10 + (1 << 4) - 3                #= 1037
e = 10 / 4                                #= 2.5
f = divmod(17, 5)                         #= (3, 2)
g = round(2.5), round(3.5), round(2.675, 1)  #= (2, 4, 2.7)
h = max(3, 7, 5), min([4, 2, 9])          #= (7, 2)
i = sum([1, 2, 3], 10)                    #= 16
j = max(["a", "bbb", "cc"], key=len)      #= 'bbb'
k = max([], default=5)                    #= 5
l = int("12") + int(3.9) + int(True)      #= 16
m = True + True                           #= 2
n = 6 & 3, 6 | 3, 6 ^ 3, ~6               #= (2, 7, 5, -7)
o = 1 < 2 < 3, 1 < 2 > 2                  #= (True, False)
p = -(-9 // 2)                            #= 5
q = abs(-3), abs(-2.5)                    #= (3, 2.5)
r = any([0, 1]), all([1, 0]), all([])     #= (True, False, True)
s = 0 or None or "last"                   #= 'last'
t = 3 and 0 and 1                         #= 0

# What overflows, divides by zero or mixes kinds is not known.
too_large = 2 ** 70                       #? operands of **
by_zero = 1 // 0                          #? operands of //
mixed = 1 + None                          #? a size has no value
