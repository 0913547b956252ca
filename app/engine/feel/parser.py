"""Recursive descent with operator levels; every decision is taken by looking at the next tokens."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from app.engine.feel import nodes as n
from app.engine.feel.lexer import KEYWORDS, Token, fail, text_value
from app.engine.feel.names import KnownNames, merge_words, read_declared
from app.engine.feel.token_reader import MAX_NESTING, TypeReader

TEST_OPERATORS = frozenset({"<", "<=", ">", ">=", "=", "!="})
_LEVELS: tuple[frozenset[str], ...] = (frozenset({"+", "-"}), frozenset({"*", "/"}), frozenset({"**"}))
_AFTER_RANGE = frozenset({")", ",", "]", "}", ".", ":", "=", "<", ">", "<=", ">=", "!=", "*", "/", "+"})


class Parser(TypeReader):
    """Reads one text; the caller asks for an expression or for unary tests."""

    def __init__(self, text: str, known: KnownNames) -> None:
        super().__init__(text, known)
        self._range_ends = 0

    # -- expressions ------------------------------------------------------------------------------
    def expression(self) -> n.Node:
        """Grammar rule 1."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.error("expression is nested too deeply")
        ends, self._range_ends = self._range_ends, 0
        node = self._disjunction()
        self._range_ends = ends
        self.nesting -= 1
        return node

    def _logic(self, word: str, operand: Callable[[], n.Node]) -> n.Node:
        start = self.token.start
        operands = [operand()]
        while self.at(word):
            self.advance()
            operands.append(operand())
        return operands[0] if len(operands) == 1 else n.Logic(start, word, tuple(operands))

    def _disjunction(self) -> n.Node:
        return self._logic("or", self._conjunction)

    def _conjunction(self) -> n.Node:
        return self._logic("and", self._comparison)

    def _comparison(self) -> n.Node:
        left = self.arithmetic()
        for _ in range(MAX_NESTING):
            token = self.token
            if token.kind == "op" and token.text in TEST_OPERATORS:
                self.advance()
                left = n.Comparison(token.start, token.text, left, self.arithmetic())
            elif self.at("between"):
                self.advance()
                low = self.arithmetic()
                self.expect("and")
                left = n.Between(token.start, left, low, self.arithmetic())
            elif self.at("in"):
                self.advance()
                left = n.In(token.start, left, self._in_tests())
            else:
                return left
        raise self.error("too many comparisons in one chain")

    def _in_tests(self) -> tuple[n.Node, ...]:
        if self.token.kind == "op" and self.token.text in TEST_OPERATORS:
            return (self._unary_range(),)
        if self.at("("):
            found = self._parenthesis(several=True)
            if isinstance(found, tuple):
                return found
            return (self._arithmetic_from(found),)
        return (self.arithmetic(),)

    def arithmetic(self, level: int = 0) -> n.Node:
        """Grammar rule 4, from `+` down to unary minus."""
        if level == len(_LEVELS):
            return self._negation()
        return self._chain(self.arithmetic(level + 1), level)

    def _arithmetic_from(self, primary: n.Node) -> n.Node:
        node = self._postfix(primary)
        for level in range(len(_LEVELS) - 1, -1, -1):
            node = self._chain(node, level)
        return node

    def _chain(self, first: n.Node, level: int) -> n.Node:
        rest: list[tuple[str, n.Node]] = []
        start = self.token.start
        while self.token.kind == "op" and self.token.text in _LEVELS[level]:
            operator = self.advance().text
            rest.append((operator, self.arithmetic(level + 1)))
        return n.Arithmetic(start, first, tuple(rest)) if rest else first

    def _negation(self) -> n.Node:
        minus = 0
        start = self.token.start
        while self.at("-"):
            self.advance()
            minus += 1
        node = self._postfix(self._primary())
        if minus:
            node = n.Negation(start, node)
            return node if minus % 2 else n.Negation(start, node)
        return node

    # -- what follows a value ---------------------------------------------------------------------
    def _postfix(self, node: n.Node) -> n.Node:
        for _ in range(MAX_NESTING):
            if self.at(".", "..."):
                dots = self.advance()
                make = n.Path if dots.text == "." else n.Descendants
                node = make(dots.start, node, self._member())
            elif self.at("[") and not self._closes_range():
                start = self.advance().start
                condition = self.expression()
                self.expect("]")
                node = n.Filter(start, node, condition)
            elif self.at("("):
                node = self._call(node)
            elif self.at("instance"):
                start = self.advance().start
                self.expect("of")
                node = n.InstanceOf(start, node, self.type())
            else:
                return node
        raise self.error("expression is nested too deeply")

    def _closes_range(self) -> bool:
        """`[` after the end of a range closes it unless something to filter by follows."""
        if not self._range_ends:
            return False
        after = self.tokens[self.index + 1]
        if after.kind == "word":
            return after.text in KEYWORDS - {"not", "if", "for", "some", "every", "true", "false", "function"}
        return after.kind == "end" or (after.kind == "op" and after.text in _AFTER_RANGE)

    def _member(self) -> str:
        token = self.token
        if token.kind != "word":
            raise self.error("a name is expected after '.'")
        return self._take(self.known.match(self.tokens, self.index) or merge_words(self.tokens, self.index))

    def _call(self, function: n.Node) -> n.Node:
        start = self.expect("(").start
        arguments: list[n.Node] = []
        names: list[str] = []
        while not self.at(")"):
            name = self._argument_name()
            if arguments and bool(names) != bool(name):
                raise self.error("named and positional arguments cannot be mixed")
            if name:
                names.append(name)
            arguments.append(self.expression())
            if not self.at(")"):
                self.expect(",")
                if self.at(")"):
                    raise self.error("an argument is expected")
        self.expect(")")
        if len(set(names)) != len(names):
            raise fail(self.text, start, "an argument is named twice")
        return n.Call(start, function, tuple(arguments), tuple(names) or None)

    def _argument_name(self) -> str:
        token = self.token
        if token.kind == "str" and self.tokens[self.index + 1].text == ":":
            self.index += 2
            return text_value(token.text)
        if token.kind != "word":
            return ""
        name, size = read_declared(self.tokens, self.index, frozenset())
        if not name or self.tokens[self.index + size].text != ":":
            return ""
        self.index += size + 1
        return name

    # -- values -----------------------------------------------------------------------------------
    def _primary(self) -> n.Node:
        token = self.token
        if token.kind == "num":
            self.advance()
            return n.Literal(token.start, Decimal(token.text))
        if token.kind == "str":
            self.advance()
            return n.Literal(token.start, text_value(token.text))
        if token.kind == "word":
            return self._word(token)
        reader = _SYMBOL_READERS.get(token.text) if token.kind == "op" else None
        if reader is None:
            raise self.error(f"unexpected {token.text!r}" if token.text else "an expression is expected")
        return reader(self)

    def _word(self, token: Token) -> n.Node:
        known = self.known.match(self.tokens, self.index)
        if known:
            return n.Name(token.start, self._take(known))
        if token.text in _CONSTANTS:
            self.advance()
            return n.Literal(token.start, _CONSTANTS[token.text])
        if token.text in _WORD_READERS:
            return _WORD_READERS[token.text](self)
        # "instance" is special only after a value ("instance of"); the host has a variable of that name.
        if token.text in KEYWORDS and token.text != "instance":
            raise self.error(f"unexpected {token.text!r}")
        return n.Name(token.start, self._take(merge_words(self.tokens, self.index)))

    def _at_literal(self) -> n.Node:
        start = self.expect("@").start
        if self.token.kind != "str":
            raise self.error("a text literal is expected after '@'")
        return n.AtLiteral(start, text_value(self.advance().text))

    def _parenthesis(self, several: bool = False) -> n.Node | tuple[n.Node, ...]:
        start = self.expect("(").start
        items = [self._parenthesis_item()]
        if self.at("..") and not isinstance(items[0], n.UnaryRange):
            return self._range_end(start, items[0], low_included=False)
        while several and self.at(","):
            self.advance()
            items.append(self._parenthesis_item())
        self.expect(")")
        return tuple(items) if len(items) > 1 else items[0]

    def _parenthesis_item(self) -> n.Node:
        if self.token.kind == "op" and self.token.text in TEST_OPERATORS:
            return self._unary_range()
        return self.expression()

    def _single_parenthesis(self) -> n.Node:
        found = self._parenthesis()
        if isinstance(found, tuple):
            raise self.error("')' expected")
        return found

    def _unary_range(self) -> n.Node:
        token = self.advance()
        return n.UnaryRange(token.start, token.text, self.arithmetic())

    def _bracket(self) -> n.Node:
        start = self.expect("[").start
        items: list[n.Node] = []
        more = not self.at("]")
        while more:
            items.append(self._parenthesis_item())
            if len(items) == 1 and self.at(".."):
                return self._range_end(start, items[0], low_included=True)
            more = self.at(",")
            if more:
                self.advance()
        self.expect("]")
        return n.ListNode(start, tuple(items))

    def _open_bracket(self) -> n.Node:
        start = self.expect("]").start
        return self._range_end(start, self.arithmetic(), low_included=False)

    def _range_end(self, start: int, low: n.Node, low_included: bool) -> n.Node:
        self.expect("..")
        self._range_ends += 1
        high = self.arithmetic()
        self._range_ends -= 1
        if not self.at("]", ")", "["):
            raise self.error("']', ')' or '[' expected at the end of a range")
        return n.Range(start, low, high, low_included, self.advance().text == "]")

    def _brace(self) -> n.Node:
        start = self.expect("{").start
        entries: list[tuple[str, n.Node]] = []
        while not self.at("}"):
            key = self._key()
            if any(key == other for other, _ in entries):
                raise self.error(f"context entry {key!r} appears twice")
            self.expect(":")
            entries.append((key, self.expression()))
            self.known.add(key)
            if not self.at("}"):
                self.expect(",")
                if self.at("}"):
                    raise self.error("a context entry is expected")
        self.expect("}")
        return n.ContextNode(start, tuple(entries))

    def _key(self) -> str:
        if self.token.kind == "str":
            return text_value(self.advance().text)
        return self._declared(frozenset(), "a context key is expected")

    def _if(self) -> n.Node:
        start = self.expect("if").start
        condition = self.expression()
        self.expect("then")
        then = self.expression()
        self.expect("else")
        return n.If(start, condition, then, self.expression())

    def _for(self) -> n.Node:
        start = self.expect("for").start
        self.known.add("partial")
        iterators = self._iterators()
        self.expect("return")
        return n.For(start, iterators, self.expression())

    def _quantified(self) -> n.Node:
        token = self.advance()
        iterators = self._iterators()
        self.expect("satisfies")
        return n.Quantified(token.start, token.text == "every", iterators, self.expression())

    def _iterators(self) -> tuple[n.Iterator, ...]:
        found: list[n.Iterator] = []
        while True:
            start = self.token.start
            name = self._declared(frozenset({"in"}), "the name of a variable is expected")
            self.expect("in")
            domain = self.expression()
            end = None
            if self.at(".."):
                self.advance()
                end = self.expression()
            self.known.add(name)
            found.append(n.Iterator(start, name, domain, end))
            if not self.at(","):
                return tuple(found)
            self.advance()

    def _function(self) -> n.Node:
        start = self.expect("function").start
        self.expect("(")
        parameters: list[tuple[str, n.TypeNode | None]] = []
        while not self.at(")"):
            name = self._declared(frozenset(), "the name of a parameter is expected")
            kind = None
            if self.at(":"):
                self.advance()
                kind = self.type()
            self.known.add(name)
            parameters.append((name, kind))
            if not self.at(")"):
                self.expect(",")
        self.expect(")")
        external = self.at("external")
        if external:
            self.advance()
        return n.FunctionNode(start, tuple(parameters), self.expression(), external)

    # -- unary tests ------------------------------------------------------------------------------
    def unary_tests(self) -> n.UnaryTestsNode:
        """Grammar rule 17."""
        start = self.token.start
        if self.token.kind == "end" or (self.at("-") and self.tokens[self.index + 1].kind == "end"):
            self.advance()
            return n.UnaryTestsNode(start, (), False)
        negated = self._is_negated()
        if negated:
            self.index += 2
        tests = [self._parenthesis_item()]
        while self.at(","):
            self.advance()
            tests.append(self._parenthesis_item())
        if negated:
            self.expect(")")
        return n.UnaryTestsNode(start, tuple(tests), negated)

    def _is_negated(self) -> bool:
        """Whether the whole text is `not( … )`."""
        if self.token.text != "not" or self.tokens[self.index + 1].text != "(":
            return False
        depth = 0
        for position in range(self.index + 1, len(self.tokens) - 1):
            token = self.tokens[position]
            if token.kind == "op":
                depth += (token.text == "(") - (token.text == ")")
            if depth == 0:
                return self.tokens[position + 1].kind == "end"
        return False


_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_WORD_READERS: dict[str, Callable[[Parser], n.Node]] = {
    "if": Parser._if,
    "for": Parser._for,
    "some": Parser._quantified,
    "every": Parser._quantified,
    "function": Parser._function,
}
_SYMBOL_READERS: dict[str, Callable[[Parser], n.Node]] = {
    "(": Parser._single_parenthesis,
    "[": Parser._bracket,
    "]": Parser._open_bracket,
    "{": Parser._brace,
    "@": Parser._at_literal,
    "?": lambda parser: n.Name(parser.advance().start, "?"),
}
