/* { */ int f(int a) { return '}'; }
namespace m { struct P { int x; }; }
