Console.WriteLine("Fairlead");
