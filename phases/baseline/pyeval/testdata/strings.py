# Texts: methods, slices and formatting.
a = "Qwen3-Moe".lower().split("-")        #= ['qwen3', 'moe']
b = "a.b.c".rsplit(".", 1)                #= ['a.b', 'c']
c = "layers.3.mlp".removeprefix("layers.").partition(".")  #= ('3', '.', 'mlp')
d = "-".join(["x", "y"]) * 2              #= 'x-yx-y'
e = "abcdef"[1:-1:2]                      #= 'bd'
f = "abc"[::-1]                           #= 'cba'
g = f"{1 + 1} of {'two'}"                 #= '2 of two'
h = "linear".startswith(("lin", "x")), "ab" in "cabd"  #= (True, True)
i = "  pad ".strip() + "|"                #= 'pad|'
j = "head_dim".replace("_", "-").title()  #= 'Head-Dim'
k = "12".isdigit(), "".isdigit()          #= (True, False)
l = "abcabc".find("c"), "abc".count("z")  #= (2, 0)
m = list("ab")                            #= ['a', 'b']
n = str(3) + str(None) + str(2.0)         #= '3None2.0'

# What needs more than the reader knows is not known.
formatted = "%d layers" % 3               #? formatted string
