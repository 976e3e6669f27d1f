import unittest

from layerconf import ParseError, parse


class ParserTest(unittest.TestCase):
    def test_settings(self):
        layer = parse("[a]\nx = 1\ny=two words\n", "t")
        self.assertEqual(layer.entries["a", "x"], ("1", "t", 2))
        self.assertEqual(layer.entries["a", "y"].value, "two words")

    def test_parent(self):
        layer = parse("[ a : b ]\n[c]\n")
        self.assertEqual(layer.parents, {"a": "b"})
        self.assertEqual(layer.sections, ["a", "c"])

    def test_removal(self):
        self.assertIsNone(parse("[a]\n! x\n").entries["a", "x"])

    def test_continuation(self):
        layer = parse("[a]\nx = 1\n  2\n# note\n  3\n")
        self.assertEqual(layer.entries["a", "x"].value, "1\n2\n3")

    def test_value_may_hold_equals_sign(self):
        self.assertEqual(parse("[a]\nx = b=c\n").entries["a", "x"].value, "b=c")

    def test_setting_outside_of_a_section(self):
        with self.assertRaises(ParseError):
            parse("x = 1\n")

    def test_error_names_the_line(self):
        with self.assertRaises(ParseError) as caught:
            parse("[a]\n\nnonsense\n", "t.conf")
        self.assertEqual(str(caught.exception), "t.conf:3: not a setting: nonsense")


if __name__ == "__main__":
    unittest.main()
