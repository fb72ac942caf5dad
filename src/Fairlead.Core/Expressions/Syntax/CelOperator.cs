namespace Fairlead.Core.Expressions.Syntax;

/// <summary>The signs between and before operands.</summary>
internal enum CelOperator
{
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Not,
    Negate,
}

/// <summary>How operators are written and read.</summary>
internal static class CelOperators
{
    public static string Text(CelOperator sign) => sign switch
    {
        CelOperator.Or => "||",
        CelOperator.And => "&&",
        CelOperator.Equal => "==",
        CelOperator.NotEqual => "!=",
        CelOperator.Less => "<",
        CelOperator.AtMost => "<=",
        CelOperator.Greater => ">",
        CelOperator.AtLeast => ">=",
        CelOperator.In => "in",
        CelOperator.Add => "+",
        CelOperator.Subtract or CelOperator.Negate => "-",
        CelOperator.Multiply => "*",
        CelOperator.Divide => "/",
        CelOperator.Modulo => "%",
        _ => "!",
    };

    /// <summary>The operator between two operands, and how strongly it binds; null when the token is none.</summary>
    public static (CelOperator Sign, int Strength)? Between(string token) => token switch
    {
        "||" => (CelOperator.Or, 1),
        "&&" => (CelOperator.And, 2),
        "==" => (CelOperator.Equal, 3),
        "!=" => (CelOperator.NotEqual, 3),
        "<" => (CelOperator.Less, 3),
        "<=" => (CelOperator.AtMost, 3),
        ">" => (CelOperator.Greater, 3),
        ">=" => (CelOperator.AtLeast, 3),
        "in" => (CelOperator.In, 3),
        "+" => (CelOperator.Add, 4),
        "-" => (CelOperator.Subtract, 4),
        "*" => (CelOperator.Multiply, 5),
        "/" => (CelOperator.Divide, 5),
        "%" => (CelOperator.Modulo, 5),
        _ => null,
    };
}
