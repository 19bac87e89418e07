"""Formulas with known TeX, set by a TeX of the system, and how what was read of them compares."""

import re
import shutil
import subprocess

# Kind of structure: formulas, one a line. Kinds that mix several stand last.
FORMULAS = {
    "scripts": r"""
x^2+y^2=z^2
a_1+a_2+a_3=0
x_i^2-y_j^3
e^{-x^2}
a_{i+1}=a_i+a_{i-1}
2^{2^n}+1
x^{y^z}
u_{n_k}
T_{ij}^{kl}
M^{-1}
f^{(n)}(x)
x'+x''=f'(x)
{}_2F_1(a,b;c;z)
v^{*}w^{\dagger}
A^{T}A=I
x_{\max}-x_{\min}
k_{\mathrm{B}}T
10^{-3}
\Gamma_{ij}^{k}
S_n^{m+1}
p_{i_1}p_{i_2}
q^{n(n-1)}
(a+b)^n
[x,y]^2
H_2O
R_{\mu\nu}
\theta_0^{(k)}
2^{n+1}-1
""",
    "fractions": r"""
\frac{1}{2}
\frac{a+b}{c+d}
\frac{x^2}{y_1}
\frac{1}{1+\frac{1}{x}}
\frac{dy}{dx}=\frac{y}{x}
\frac{\partial f}{\partial x}+\frac{\partial f}{\partial y}
\frac{n!}{k!(n-k)!}
\frac{a}{b}\frac{c}{d}=\frac{ac}{bd}
x=\frac{-b\pm\sqrt{b^2-4ac}}{2a}
\frac{\frac{a}{b}}{\frac{c}{d}}
y=\frac{1}{\sigma\sqrt{2\pi}}
\frac{p}{q}-\frac{r}{s}\leq\frac{1}{qs}
1+\cfrac{1}{2+\cfrac{1}{3+x}}
\frac{d^2u}{dt^2}=-\omega^2u
\left(\frac{a}{b}\right)^{n}
e^{\frac{1}{x}}
\frac{\sin x}{x}
\frac{1}{2}mv^2
\frac{x_1+x_2+\cdots+x_n}{n}
a/b+c/d
\frac{f(x+h)-f(x)}{h}
\frac{\lambda}{1-\lambda}
""",
    "roots": r"""
\sqrt{2}
\sqrt{x^2+y^2}
\sqrt[3]{x}
\sqrt[n]{a^n}=a
\sqrt{\frac{a}{b}}
\sqrt{1+\sqrt{1+x}}
\frac{1}{\sqrt{n}}
\frac{\sqrt{3}}{2}
\sqrt{a}\sqrt{b}=\sqrt{ab}
\sqrt{\sum_{i=1}^{n}x_i^2}
2\sqrt{x}-1
\sqrt{\pi}
x^{\sqrt{2}}
\sqrt{(x-a)^2+(y-b)^2}
""",
    "operators": r"""
\sum_{i=1}^{n}i=\frac{n(n+1)}{2}
\prod_{k=1}^{n}k=n!
\int_0^1x^2dx
\int_{-\infty}^{\infty}e^{-x^2}dx=\sqrt{\pi}
\lim_{x\to 0}\frac{\sin x}{x}=1
\lim_{n\to\infty}a_n
\max_{x\in A}f(x)
\min_{i}c_i
\sum_{n=0}^{\infty}\frac{x^n}{n!}=e^x
\oint_{C}f(z)dz=0
\bigcup_{i\in I}A_i
\bigcap_{n=1}^{\infty}U_n
\sum_{i}\sum_{j}a_{ij}
\int\int f(x,y)dxdy
\sup_{t\geq 0}|X_t|
\inf_{y\in Y}d(x,y)
\limsup_{n\to\infty}x_n
\bigoplus_{k}V_k
\sum_{1\leq i<j\leq n}x_ix_j
\int_a^bf(x)dx=F(b)-F(a)
\sum_{k=0}^{n}\binom{n}{k}=2^n
\prod_{p}\frac{1}{1-p^{-s}}
\iint_{D}g
\bigotimes_{i=1}^{m}W_i
\sum_{d|n}\mu(d)
\lim_{h\to 0}\frac{f(x+h)-f(x)}{h}
\det A=\sum_{\sigma}a_{1\sigma(1)}
""",
    "functions": r"""
\sin^2x+\cos^2x=1
\log_2n
\ln(ab)=\ln a+\ln b
\tan\theta=\frac{\sin\theta}{\cos\theta}
\exp(-\lambda t)
\gcd(a,b)=1
\dim V=\dim\ker f+\dim W
a\bmod n
\arg z
\Pr(A|B)
\operatorname{Var}(X)
\cosh x
\deg p
\mathrm{rank}(A)
\arctan x
\log\log n
""",
    "brackets": r"""
\left(\frac{x}{y}\right)
\left[\frac{1}{2},1\right]
\left\{\frac{a}{b}\right\}
|x|\leq 1
\|v\|^2
\lfloor x\rfloor+\lceil y\rceil
\langle u,v\rangle
\left|\frac{a}{b}\right|
\left(\sum_{i=1}^{n}x_i\right)^2
\left(1+\frac{1}{n}\right)^n
\left\|\frac{x}{r}\right\|
f(g(h(x)))
\{x\in A|x>0\}
\{1,2,\ldots,n\}
\left(\frac{1}{1+\frac{1}{x}}\right)
\left.\frac{df}{dx}\right|_{x=0}
(x_1,\ldots,x_n)
[0,1)
\binom{n}{k}
\binom{n+1}{k}=\binom{n}{k}+\binom{n}{k-1}
""",
    "matrices": r"""
\begin{pmatrix}a&b\\c&d\end{pmatrix}
\begin{bmatrix}1&0\\0&1\end{bmatrix}
\begin{vmatrix}a&b\\c&d\end{vmatrix}=ad-bc
\begin{pmatrix}x\\y\\z\end{pmatrix}
A=\begin{pmatrix}1&2&3\\4&5&6\end{pmatrix}
\begin{bmatrix}\cos\theta&-\sin\theta\\\sin\theta&\cos\theta\end{bmatrix}
\begin{pmatrix}a_{11}&\cdots&a_{1n}\\\vdots&\ddots&\vdots\\a_{m1}&\cdots&a_{mn}\end{pmatrix}
|x|=\begin{cases}x&\text{if }x\geq 0\\-x&\text{otherwise}\end{cases}
f(n)=\begin{cases}n/2\\3n+1\end{cases}
\begin{pmatrix}1&0\\0&1\end{pmatrix}\begin{pmatrix}x\\y\end{pmatrix}=\begin{pmatrix}x\\y\end{pmatrix}
\begin{Bmatrix}a&b\\c&d\end{Bmatrix}
\begin{Vmatrix}a&b\\c&d\end{Vmatrix}
\begin{pmatrix}\frac{1}{2}&0\\0&\frac{1}{3}\end{pmatrix}
\delta_{ij}=\begin{cases}1&i=j\\0&i\neq j\end{cases}
\begin{bmatrix}x_1\\x_2\end{bmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix}^{-1}
""",
    "accents": r"""
\hat{x}+\tilde{y}
\bar{z}
\vec{v}\cdot\vec{w}
\dot{x}=\ddot{y}
\overline{AB}
\overline{z+w}=\overline{z}+\overline{w}
\widehat{ABC}
\hat{\theta}_n
\bar{x}=\frac{1}{n}\sum_{i}x_i
\underline{x}
\widetilde{xy}
\mathring{A}
\check{c}
\hat{f}(\xi)
""",
    "symbols": r"""
\alpha+\beta=\gamma
\forall x\exists y
A\cup B\cap C
A\subseteq B\subset C
x\in\mathbb{R}
f:A\to B
x\mapsto x^2
p\Rightarrow q
p\Leftrightarrow q
a\neq b
x\notin A
a\equiv b
a\approx b\sim c
\infty-\infty
\nabla\times E
\partial_t u
\hbar\omega
\ell^2
\aleph_0
\emptyset\neq A
a\ll b\gg c
A\otimes B\oplus C
u\perp v
\triangle ABC
\angle ABC
\varepsilon>\epsilon
\varphi(\phi)
\vartheta+\varrho+\varsigma
\Omega\Delta\Sigma\Pi
\mathcal{L}(\theta)
\mathfrak{g}
\mathbf{v}=\mathbf{A}\mathbf{x}
\mathbb{N}\subset\mathbb{Z}\subset\mathbb{Q}
a\leqslant b\geqslant c
\neg p\vee q\wedge r
f\circ g
a\mid b
A\setminus B
x\propto y
\Re z+\Im w
a\prec b\preceq c
f\colon X\hookrightarrow Y
A\longrightarrow B
a\pm b\mp c
x\star y\ast z
\boldsymbol{\beta}
\nmid
\varnothing
\square
\therefore
p\models q
x\div y\times z
""",
    "rows": r"""
\begin{aligned}a&=b+c\\d&=e-f\end{aligned}
\begin{aligned}(a+b)^2&=(a+b)(a+b)\\&=a^2+2ab+b^2\end{aligned}
\begin{gathered}x+y=1\\x-y=3\end{gathered}
\begin{aligned}\frac{a}{b}&=c\\\frac{d}{e}&=f\end{aligned}
\begin{aligned}\sum_{i=1}^{n}a_i&\leq\int_0^nf\\&<\infty\end{aligned}
\begin{aligned}x&=r\cos\theta\\y&=r\sin\theta\\z&=h\end{aligned}
a\overset{!}{=}b
A\xrightarrow{f}B
x\stackrel{\mathrm{def}}{=}y
\operatorname*{argmin}_{x}f
\underbrace{a+b}_{n}
""",
    "mixed": r"""
E=mc^2
\zeta(s)=\sum_{n=1}^{\infty}\frac{1}{n^s}=\prod_{p}\frac{1}{1-p^{-s}}
\frac{1}{2\pi i}\oint_{\gamma}\frac{f(z)}{z-a}dz=f(a)
\|x\|_p=\left(\sum_{i=1}^{n}|x_i|^p\right)^{1/p}
P(A|B)=\frac{P(B|A)P(A)}{P(B)}
\hat{\beta}=(X^TX)^{-1}X^Ty
\nabla\cdot E=\frac{\rho}{\varepsilon_0}
i\hbar\frac{\partial}{\partial t}\Psi=\hat{H}\Psi
\Gamma(z)=\int_0^{\infty}t^{z-1}e^{-t}dt
\left|\int_a^bf(x)dx\right|\leq\int_a^b|f(x)|dx
\frac{\partial^2u}{\partial t^2}=c^2\nabla^2u
\sigma=\sqrt{\frac{1}{N}\sum_{i=1}^{N}(x_i-\mu)^2}
F_n=\frac{\varphi^n-\psi^n}{\sqrt{5}}
H(X)=-\sum_{x}p(x)\log p(x)
R_{\mu\nu}-\frac{1}{2}Rg_{\mu\nu}=\frac{8\pi G}{c^4}T_{\mu\nu}
f(x)=a_0+\sum_{n=1}^{\infty}\left(a_n\cos\frac{n\pi x}{L}+b_n\sin\frac{n\pi x}{L}\right)
\lim_{n\to\infty}\left(1+\frac{1}{n}\right)^n=e
\mathrm{softmax}(z)_i=\frac{e^{z_i}}{\sum_{j}e^{z_j}}
\|A\|_F=\sqrt{\sum_{i,j}|a_{ij}|^2}
\theta_{t+1}=\theta_t-\eta\nabla L(\theta_t)
""",
}

ALIASES = {"\\le": "\\leq", "\\ge": "\\geq", "\\ne": "\\neq", "\\rightarrow": "\\to", "\\ast": "*", "\\lvert": "|", "\\rvert": "|",
           "\\mid": "|", "\\colon": ":", "\\varnothing": "\\emptyset", "\\dfrac": "\\frac", "\\tfrac": "\\frac", "\\cfrac": "\\frac",
           "\\parallel": "\\|", "\\operatorname": "\\text", "\\mathrm": "\\text", "\\textrm": "\\text", "\\operatorname*": "\\text",
           "\\textit": "\\text", "\\setminus": "\\backslash", "\\stackrel": "\\overset", "\\triangledown": "\\bigtriangledown"}
DROPPED = {"\\left", "\\right", "\\big", "\\Big", "\\bigg", "\\Bigg", "\\,", "\\;", "\\!", "\\:", "\\quad", "\\qquad", "\\limits", "\\ ", "."}


def tokens(tex):
    tex = re.sub(r"\\(left|right)\.", "", tex).replace("{gathered}", "{aligned}")
    if "{aligned}" in tex:
        tex = tex.replace("&", "")  # where they are aligned is style
    found = re.findall(r"\\operatorname\*|\\[A-Za-z]+|\\.|\S", tex)
    out = []
    for token in found:
        token = ALIASES.get(token, token)
        if token not in DROPPED or token == ".":
            out.append(token)
    return out


def tree(tex):
    """TeX in one form: no blanks, no sizes, braces around every argument, indices before exponents."""
    left = tokens(tex)

    def atom():
        if not left:
            return "{}"
        token = left.pop(0)
        if token == "{":
            inside = row("}")
            return "{" + inside + "}"
        return "{" + token + "}"

    def row(end):
        out = []
        while left and left[0] != end:
            token = left.pop(0)
            if token in "^_":
                marks = {token: atom()}
                while left and left[0] in ("^", "_") and left[0] not in marks:
                    mark = left.pop(0)
                    marks[mark] = atom()
                out.append("".join(m + marks[m] for m in "_^" if m in marks))
            elif token == "'":
                out.append("^{\\prime}")
            elif token == "{":
                inside = row("}")
                out.append(inside)  # a group alone groups nothing that can be seen
            else:
                out.append(token)
                if token == "\\frac" or token == "\\binom" or token == "\\overset" or token == "\\underset":
                    out += [atom(), atom()]
                elif token == "\\sqrt":
                    if left and left[0] == "[":
                        left.pop(0)
                        out.append("[" + row("]") + "]")
                        left.pop(0) if left and left[0] == "]" else None
                    out.append(atom())
                elif token == "\\text":
                    out[-1:] = [atom()[1:-1]]
                elif token in ("\\hat", "\\bar", "\\tilde", "\\vec", "\\dot", "\\ddot", "\\overline", "\\underline", "\\widehat",
                               "\\mathbf", "\\mathbb", "\\mathcal", "\\mathfrak", "\\boldsymbol", "\\widetilde", "\\mathring", "\\check"):
                    out.append(atom())
        if left and end == "}":
            left.pop(0)
        return "".join(out)
    return row(None)


def similarity(a, b):
    from rapidfuzz.distance import Levenshtein
    return Levenshtein.normalized_similarity(tokens(a), tokens(b))


def all_formulas():
    return [(kind, line) for kind, text in FORMULAS.items() for line in text.strip().splitlines()]


def has_tex():
    return shutil.which("pdflatex") is not None


def typeset(folder):
    """A PDF with every formula displayed, and one with those that fit in a sentence."""
    folder.mkdir(parents=True, exist_ok=True)
    head = "\\documentclass{article}\\usepackage{amsmath,amssymb}\\begin{document}\n"
    shown = [f"This sentence stands before the formula with the number {i} and fills a whole line of text or a little more.\n\\[{tex}\\]\n"
             for i, (_, tex) in enumerate(all_formulas())]
    inside = [f"Within its sentence stands ${tex}$ as number {i} of all, and the words go on after it to the end of a line.\\par\n"
              for i, (kind, tex) in enumerate(all_formulas()) if kind not in ("matrices", "rows")]
    made = []
    for name, body in (("shown", shown), ("inside", inside)):
        (folder / f"{name}.tex").write_text(head + "\n".join(body) + "\\end{document}\n")
        done = subprocess.run(["pdflatex", "-interaction=batchmode", f"{name}.tex"], cwd=folder, capture_output=True, text=True)
        if not (folder / f"{name}.pdf").exists():
            raise SystemExit("pdflatex failed: " + done.stdout[-400:])
        made.append(folder / f"{name}.pdf")
    return made


def read_shown(elements):
    """Number of a formula -> the TeX that was read; those that stayed text are not there."""
    found, number = {}, None
    for element in elements:
        if element["kind"] == "formula" and number is not None:
            found.setdefault(number, element["text"])
        else:
            said = re.findall(r"with the number (\d+)", element["text"])
            number = int(said[-1]) if said else number
    return found


def read_inside(elements):
    text = " ".join(e["text"] for e in elements if e["kind"] not in ("header", "footer"))
    found = {}
    for before, number in re.findall(r"stands ((?:(?!stands ).)*?) ?as number (\d+) of all", text, re.S):
        pieces = re.fullmatch(r"\$([^$]*)\$", before.strip())
        if pieces:
            found[int(number)] = pieces.group(1)
    return found


def scores(found, kinds=None):
    """Share of formulas that are the same, mean similarity, share that is claimed wrongly; and the failures by kind."""
    same = wrong = total = 0
    alike, failed = 0.0, {}
    for number, (kind, tex) in enumerate(all_formulas()):
        if kinds and kind not in kinds:
            continue
        total += 1
        read = found.get(number)
        if read is not None and tree(read) == tree(tex):
            same += 1
            alike += 1
            continue
        wrong += read is not None
        alike += similarity(tex, read) if read is not None else 0
        failed.setdefault(kind, []).append((tex, read))
    return same / total, alike / total, wrong / total, failed
